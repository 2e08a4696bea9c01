// SPDX-License-Identifier: Apache-2.0
// Conversions: the step between two levels of a data file.
#include "migrations/engine/definition_reader.hpp"

namespace dfi::migrations {
namespace {

Operation read_operation(Reader& reader) {
  Operation operation{};
  auto name = reader.text("do");
  operation.key = reader.text("key");
  if (name == "rename") {
    operation.kind = Operation::Kind::rename;
    operation.from = reader.text("from");
  } else if (name == "set") {
    operation.kind = Operation::Kind::set;
    operation.value = reader.value("value");
  } else if (name == "map") {
    operation.kind = Operation::Kind::map;
    operation.from = reader.text("from");
    operation.keep = reader.truth_or("keep", false);
    for (const auto& [old, node] : reader.table("values"))
      operation.values.emplace_back(std::string(old.str()), reader.to_value(node, std::string(old.str())));
  } else if (name == "text") {
    operation.kind = Operation::Kind::text;
  } else if (name == "keep") {
    operation.kind = Operation::Kind::keep;
  } else if (name == "drop") {
    operation.kind = Operation::Kind::drop;
  } else {
    throw reader.wrong("do", "must be rename, set, map, text, keep or drop");
  }
  reader.close();
  return operation;
}

void read_checks(Reader& reader, const char* key, Conversion& conversion) {
  for (auto& entry : reader.tables(key)) {
    conversion.verify.push_back({entry.text("name"), entry.text("sql")});
    entry.close();
  }
}

void read_sqlite_conversion(Reader& reader, Conversion& conversion) {
  const auto mode = reader.text("mode");
  if (mode == "shadow")
    conversion.kind = PassKind::sqlite;
  else if (mode == "fresh")
    conversion.kind = PassKind::fresh;
  else if (mode == "in_place")
    conversion.kind = PassKind::in_place;
  else
    throw reader.wrong("mode", "must be shadow, fresh or in_place");
  conversion.convert = reader.text("convert");
  conversion.convert_line = reader.line("convert");
  if (conversion.kind == PassKind::in_place) {
    conversion.revert = reader.text("revert");
    conversion.revert_line = reader.line("revert");
  }
  read_checks(reader, "verify", conversion);
  if (conversion.verify.empty())
    throw reader.wrong("verify", "is missing: a conversion without checks is not accepted");
}

std::vector<records::Assignment> read_map(Reader& reader, const char* key) {
  std::vector<records::Assignment> map;
  if (!reader.has(key)) return map;
  for (const auto& [target, node] : reader.table(key)) {
    const auto* expression = node.as_string();
    if (!expression)
      throw malformed(reader.path(), line_of(node), fmt::format("'{}' is no expression in quotes", target.str()));
    map.push_back({std::string(target.str()), expression->get(), line_of(node)});
  }
  return map;
}

void allow(records::Allowance& allowance, const std::string& word, const Reader& reader) {
  constexpr std::string_view unmappable = "unmappable=";
  if (word == "truncate") {
    allowance.truncate = true;
  } else if (word == "duplicates") {
    allowance.duplicates = true;
  } else if (word == "round=half_up") {
    allowance.round = records::Allowance::Round::half_up;
  } else if (word == "round=down") {
    allowance.round = records::Allowance::Round::down;
  } else if (word.size() == unmappable.size() + 1 && word.rfind(unmappable, 0) == 0) {
    allowance.unmappable = static_cast<unsigned char>(word.back());
  } else {
    throw reader.wrong("allow", fmt::format("'{}' is neither truncate, duplicates, round=half_up, round=down nor "
                                            "unmappable= with one ASCII character",
                                            word));
  }
}

std::vector<records::Allowance> read_allowances(Reader& reader) {
  std::vector<records::Allowance> result;
  if (!reader.has("allow")) return result;
  Reader table(reader.path(), reader.table("allow"));
  for (const auto& [field, node] : table.whole()) {
    records::Allowance allowance;
    allowance.field = std::string(field.str());
    for (const auto& word : table.texts(allowance.field.c_str())) allow(allowance, word, reader);
    result.push_back(std::move(allowance));
  }
  return result;
}

void read_reject_rules(Reader& reader, Conversion& conversion) {
  const auto on_error = reader.text_or("on_error", "abort");
  if (on_error != "abort" && on_error != "reject") throw reader.wrong("on_error", "must be abort or reject");
  conversion.on_error = on_error == "reject" ? OnError::reject : OnError::abort;
  if (!reader.has("max_rejects")) return;
  const auto value = reader.value("max_rejects");
  const auto limit = parse_reject_limit(as_text(value));
  if (!limit) throw reader.wrong("max_rejects", "must be a number or a share as \"0.1%\"");
  conversion.max_rejects = *limit;
}

/// The part that `records` and `load` share.
void read_record_step(Reader& reader, Conversion& conversion) {
  auto& step = conversion.step;
  step.conversion = conversion.name;
  step.drop = reader.texts_or_none("drop");
  step.allow = read_allowances(reader);
  read_reject_rules(reader, conversion);
  if (!reader.has("verify")) return;
  Reader verify(reader.path(), reader.table("verify"));
  step.sums = verify.texts_or_none("sum");
  step.unique = verify.texts_or_none("unique");
  verify.close();
}

void read_load_conversion(Reader& reader, Conversion& conversion) {
  read_record_step(reader, conversion);
  for (auto& entry : reader.tables("into")) {
    conversion.step.rows.push_back({entry.text_or("table", ""), entry.text_or("when", ""), {}, read_map(entry, "map")});
    entry.close();
  }
  if (conversion.step.rows.empty()) throw reader.wrong("into", "is missing");
  read_checks(reader, "check", conversion);
}

void read_external_conversion(Reader& reader, Conversion& conversion) {
  conversion.program = reader.text("program");
  if (conversion.program.empty() || conversion.program.find('/') != std::string::npos)
    throw reader.wrong("program", "must be the name of a file in the folder 'programs'");
  const auto seconds = reader.integer_or("silent_seconds", 60);
  if (seconds < 1 || seconds > 3600) throw reader.wrong("silent_seconds", "must be from 1 to 3600");
  conversion.silent_seconds = static_cast<int>(seconds);
  read_reject_rules(reader, conversion);
}

// Written into every definition before there was another mode.
void read_plain_mode(Reader& reader) {
  if (reader.text_or("mode", "shadow") != "shadow") throw reader.wrong("mode", "must be shadow");
}

void read_by_kind(Reader& reader, Conversion& conversion) {
  const auto kind = reader.text("kind");
  if (kind == "sqlite") {
    read_sqlite_conversion(reader, conversion);
  } else if (kind == "config") {
    conversion.kind = PassKind::config;
    read_plain_mode(reader);
    for (auto& entry : reader.tables("operations")) conversion.operations.push_back(read_operation(entry));
  } else if (kind == "area") {
    conversion.kind = PassKind::area;
    read_plain_mode(reader);
  } else if (kind == "records") {
    conversion.kind = PassKind::records;
    read_record_step(reader, conversion);
    conversion.step.map = read_map(reader, "map");
  } else if (kind == "load") {
    conversion.kind = PassKind::load;
    read_load_conversion(reader, conversion);
  } else if (kind == "external") {
    conversion.kind = PassKind::external;
    read_external_conversion(reader, conversion);
  } else {
    throw reader.wrong("kind", "must be records, load, sqlite, config, area or external");
  }
}

}  // namespace

Conversion read_conversion(const fs::path& path) {
  auto document = parse_definition(path);
  Reader reader(path, document);
  Conversion conversion;
  conversion.origin = path;
  conversion.name = reader.text("name");
  conversion.file = reader.text("file");
  conversion.from = read_level(reader, "from");
  conversion.to = read_level(reader, "to");
  if (conversion.name.size() > 10) throw reader.wrong("name", "has more than 10 characters");
  if (path.stem() != conversion.name) throw reader.wrong("name", "does not fit the name of the file");
  if (conversion.to <= conversion.from) throw reader.wrong("to", "must be a later level than 'from'");
  read_by_kind(reader, conversion);
  reader.close();
  return conversion;
}

}  // namespace dfi::migrations
