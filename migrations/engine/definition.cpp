// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/definition.hpp"

#include <fmt/core.h>

#include <set>

#include "base/toml.hpp"
#include "messages/conversion.hpp"

namespace dfi::migrations {

Error malformed(const fs::path& path, int line, const std::string& reason) {
  return Error(msg::definition_malformed,
               {{"path", path.string()}, {"line", std::to_string(line)}, {"reason", reason}});
}

std::string_view type_name(ValueType type) {
  switch (type) {
    case ValueType::boolean: return "boolean";
    case ValueType::integer: return "integer";
    case ValueType::text: return "text";
  }
  return "";
}

std::string as_text(const Value& value) {
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "true" : "false";
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  return std::get<std::string>(value);
}

namespace {

int line_of(const toml::node& node) { return static_cast<int>(node.source().begin.line); }

/// One table of a definition; notes which keys were read, so that close() finds the ones nobody knows.
class Reader {
 public:
  Reader(const fs::path& path, const toml::table& table) : path_(path), table_(table) {}

  std::string text(const char* key) {
    const auto* value = need(key).as_string();
    if (!value) throw wrong(key, "is no text");
    return value->get();
  }
  std::string text_or(const char* key, const char* standard) { return has(key) ? text(key) : standard; }

  std::int64_t integer(const char* key) {
    const auto* value = need(key).as_integer();
    if (!value) throw wrong(key, "is no integer");
    return value->get();
  }

  Value value(const char* key) { return to_value(need(key), key); }

  Value to_value(const toml::node& node, const std::string& name) const {
    if (const auto* truth = node.as_boolean()) return truth->get();
    if (const auto* number = node.as_integer()) return number->get();
    if (const auto* words = node.as_string()) return words->get();
    throw malformed(path_, line_of(node), fmt::format("'{}' is neither text, integer nor boolean", name));
  }

  const toml::table& table(const char* key) {
    const auto* value = need(key).as_table();
    if (!value) throw wrong(key, "is no table");
    return *value;
  }

  std::vector<std::string> texts(const char* key) {
    std::vector<std::string> result;
    const auto* array = need(key).as_array();
    if (!array) throw wrong(key, "is no list of texts");
    for (const auto& node : *array) {
      if (!node.is_string()) throw wrong(key, "is no list of texts");
      result.push_back(node.as_string()->get());
    }
    return result;
  }

  bool truth_or(const char* key, bool standard) {
    if (!has(key)) return standard;
    const auto* value = need(key).as_boolean();
    if (!value) throw wrong(key, "is neither true nor false");
    return value->get();
  }

  /// The readers of an array of tables; empty if it is not there.
  std::vector<Reader> tables(const char* key) {
    std::vector<Reader> result;
    if (!has(key)) return result;
    const auto* array = need(key).as_array();
    if (!array) throw wrong(key, "is no list of tables");
    for (const auto& node : *array) {
      if (!node.is_table()) throw wrong(key, "is no list of tables");
      result.emplace_back(path_, *node.as_table());
    }
    return result;
  }

  bool has(const char* key) const { return table_.contains(key); }
  int line(const char* key) const { return has(key) ? line_of(*table_.get(key)) : line_of(table_); }
  Error wrong(const char* key, const std::string& why) const {
    return malformed(path_, line(key), fmt::format("'{}' {}", key, why));
  }

  void close() const {
    for (const auto& [key, node] : table_)
      if (!known_.count(std::string(key.str())))
        throw malformed(path_, static_cast<int>(key.source().begin.line), fmt::format("unknown key '{}'", key.str()));
  }

 private:
  const toml::node& need(const char* key) {
    known_.insert(key);
    const auto* node = table_.get(key);
    if (!node) throw malformed(path_, std::max(1, line_of(table_)), fmt::format("key '{}' is missing", key));
    return *node;
  }

  const fs::path& path_;
  const toml::table& table_;
  std::set<std::string> known_;
};

toml::table parse(const fs::path& path) {
  try {
    return toml::parse(read_file(path), path.string());
  } catch (const toml::parse_error& e) {
    throw malformed(path, static_cast<int>(e.source().begin.line), std::string(e.description()));
  }
}

Kind read_kind(Reader& reader) {
  auto kind = reader.text("kind");
  if (kind == "sqlite") return Kind::sqlite;
  if (kind == "config") return Kind::config;
  if (kind == "area") return Kind::area;
  throw reader.wrong("kind", "must be sqlite, config or area");
}

int read_level(Reader& reader, const char* key) {
  auto level = reader.integer(key);
  if (level < 1 || level > 1'000'000) throw reader.wrong(key, "must be a level from 1 on");
  return static_cast<int>(level);
}

ValueType read_type(Reader& reader) {
  auto name = reader.text("type");
  for (auto type : {ValueType::boolean, ValueType::integer, ValueType::text})
    if (name == type_name(type)) return type;
  throw reader.wrong("type", "must be text, integer or boolean");
}

ConfigKey read_key(const fs::path& path, Reader& reader) {
  ConfigKey key{reader.text("name"), read_type(reader), reader.value("default"), "", ""};
  if (type_of(key.standard) != key.type)
    throw reader.wrong("default", fmt::format("must be of type {}", type_name(key.type)));
  Reader comment(path, reader.table("comment"));
  key.english = comment.text("en");
  key.german = comment.text("de");
  comment.close();
  reader.close();
  return key;
}

void read_config_format(const fs::path& path, Reader& reader, Format& format) {
  Reader title(path, reader.table("title"));
  format.english = title.text("en");
  format.german = title.text("de");
  title.close();
  std::set<std::string> names;
  for (auto& entry : reader.tables("keys")) {
    format.keys.push_back(read_key(path, entry));
    const auto& name = format.keys.back().name;
    if (name == "format_level") throw entry.wrong("name", "format_level is written by the engine itself");
    if (!names.insert(name).second) throw entry.wrong("name", fmt::format("'{}' stands here twice", name));
  }
  if (format.keys.empty()) throw reader.wrong("keys", "is missing");
  for (auto& entry : reader.tables("tables")) {
    ConfigTables tables{entry.text("name"), entry.texts("lists"), "", ""};
    Reader comment(path, entry.table("comment"));
    tables.english = comment.text("en");
    tables.german = comment.text("de");
    comment.close();
    entry.close();
    if (!names.insert(tables.name).second)
      throw entry.wrong("name", fmt::format("'{}' stands here twice", tables.name));
    for (const auto& list : tables.lists)
      if (names.count(list)) throw entry.wrong("lists", fmt::format("'{}' is a key already", list));
    format.tables.push_back(std::move(tables));
  }
}

void read_area_format(Reader& reader, Format& format) {
  auto length = reader.integer("length");
  if (length < 1 || length > (64 << 20)) throw reader.wrong("length", "must be from 1 to 67108864 bytes");
  format.length = static_cast<std::uintmax_t>(length);
  auto fill = reader.text("fill");
  if (fill.size() != 1) throw reader.wrong("fill", "must be one byte");
  format.fill = fill[0];
}

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
  } else if (name == "drop") {
    operation.kind = Operation::Kind::drop;
  } else {
    throw reader.wrong("do", "must be rename, set, map, text or drop");
  }
  reader.close();
  return operation;
}

void read_sqlite_conversion(Reader& reader, Conversion& conversion) {
  conversion.convert = reader.text("convert");
  conversion.convert_line = reader.line("convert");
  for (auto& entry : reader.tables("verify")) {
    conversion.verify.push_back({entry.text("name"), entry.text("sql")});
    entry.close();
  }
  if (conversion.verify.empty())
    throw reader.wrong("verify", "is missing: a conversion without checks is not accepted");
}

}  // namespace

Format read_format(const fs::path& path) {
  auto document = parse(path);
  Reader reader(path, document);
  Format format;
  format.origin = path;
  format.file = reader.text("file");
  format.level = read_level(reader, "level");
  format.kind = read_kind(reader);
  auto name = fmt::format("{}.{}.toml", format.file, format.level);
  if (path.filename() != name) throw reader.wrong("level", fmt::format("does not fit the name of the file: {}", name));
  switch (format.kind) {
    case Kind::sqlite:
      format.schema = reader.text("schema");
      format.schema_line = reader.line("schema");
      format.journal_mode = reader.text_or("journal_mode", "delete");
      if (format.journal_mode != "wal" && format.journal_mode != "delete")
        throw reader.wrong("journal_mode", "must be wal or delete");
      break;
    case Kind::config: read_config_format(path, reader, format); break;
    case Kind::area: read_area_format(reader, format); break;
  }
  reader.close();
  return format;
}

Conversion read_conversion(const fs::path& path) {
  auto document = parse(path);
  Reader reader(path, document);
  Conversion conversion;
  conversion.origin = path;
  conversion.name = reader.text("name");
  conversion.file = reader.text("file");
  conversion.from = read_level(reader, "from");
  conversion.to = read_level(reader, "to");
  conversion.kind = read_kind(reader);
  if (reader.text("mode") != "shadow") throw reader.wrong("mode", "must be shadow");
  if (conversion.name.size() > 10) throw reader.wrong("name", "has more than 10 characters");
  if (path.stem() != conversion.name) throw reader.wrong("name", "does not fit the name of the file");
  if (conversion.to <= conversion.from) throw reader.wrong("to", "must be a later level than 'from'");
  if (conversion.kind == Kind::sqlite) read_sqlite_conversion(reader, conversion);
  if (conversion.kind == Kind::config)
    for (auto& entry : reader.tables("operations")) conversion.operations.push_back(read_operation(entry));
  reader.close();
  return conversion;
}

}  // namespace dfi::migrations
