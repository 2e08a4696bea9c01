// SPDX-License-Identifier: Apache-2.0
// Record files: other names of them, and the frame of a pass.
#include <fmt/core.h>
#include <sys/stat.h>

#include <charconv>

#include "base/durable.hpp"
#include "base/file.hpp"
#include "messages/reason.hpp"
#include "migrations/engine/kinds.hpp"
#include "migrations/engine/record_pass.hpp"
#include "migrations/records/hex.hpp"

namespace dfi::migrations::record_kind {
namespace {

std::string shown(const records::ColumnValue& column) {
  if (const auto* number = std::get_if<std::int64_t>(&column)) return std::to_string(*number);
  if (const auto* real = std::get_if<double>(&column)) return fmt::format("{}", *real);
  if (const auto* words = std::get_if<std::string>(&column)) return "'" + *words + "'";
  if (const auto* bytes = std::get_if<std::vector<char>>(&column))
    return "X'" + records::to_hex({bytes->data(), bytes->size()}) + "'";
  return "–";
}

/// The value of a key: nothing if it could only be another one than that of the record.
std::optional<Value> to_value(const records::ColumnValue& column, ValueType type) {
  std::string words;
  if (const auto* number = std::get_if<std::int64_t>(&column)) {
    words = std::to_string(*number);
  } else if (const auto* text = std::get_if<std::string>(&column)) {
    words = *text;
  } else {
    return std::nullopt;
  }
  if (type == ValueType::text) return words;
  if (type == ValueType::boolean) {
    if (words == "1" || words == "true") return true;
    if (words == "0" || words == "false") return false;
    return std::nullopt;
  }
  std::int64_t number = 0;
  const auto* end = words.data() + words.size();
  const auto read = std::from_chars(words.data(), end, number);
  return read.ec == std::errc() && read.ptr == end ? std::optional<Value>(number) : std::nullopt;
}

Catalogue::Result load_configuration(const Work& work, const records::Program& program) {
  const auto& edge = work.edges.back();
  const auto bytes = read_file(work.input);
  if (bytes.size() != program.input_length())
    throw conversion_failed(
        *edge.conversion, work.file,
        Reasons{{msg::config_length,
                 {{"length", std::to_string(program.input_length())}, {"bytes", std::to_string(bytes.size())}}}});
  records::Desk desk(program);
  std::vector<records::Row> rows;
  if (!program.convert(desk, bytes.data(), rows)) {
    const auto& fault = desk.fault();
    Reasons reasons{fault.reason};
    if (!fault.field.empty()) reasons.insert(reasons.begin(), {msg::config_field, {{"field", fault.field}}});
    throw conversion_failed(*edge.conversion, work.file, reasons);
  }
  if (rows.empty()) throw conversion_failed(*edge.conversion, work.file, Reasons{{msg::config_says_nothing, {}}});
  std::vector<std::pair<std::string, Value>> values;
  for (const auto& row : rows)
    for (const auto& [column, value] : row.values) {
      const auto& key = edge.to->keys.at(column);
      if (std::holds_alternative<std::monostate>(value)) continue;
      auto made = to_value(value, key.type);
      if (!made)
        throw conversion_failed(
            *edge.conversion, work.file,
            Reasons{{msg::config_other_type,
                     {{"key", key.name}, {"type", std::string(type_name(key.type))}, {"value", shown(value)}}}});
      values.emplace_back(key.name, std::move(*made));
    }
  config_kind::write_loaded(work, edge, values);
  Catalogue::Result result;
  result.rows_before = result.rows_after = 1;
  return result;
}

std::string other_names_hint(const struct stat& facts) {
  return fmt::format("{} names, one of them here; others may lie anywhere on this file system", facts.st_nlink);
}

}  // namespace

records::Program compile(const Edges& edges) {
  std::vector<records::Step> steps;
  for (const auto& edge : edges) steps.push_back(edge.conversion->step);
  try {
    return records::Program::compile(std::move(steps));
  } catch (const records::Malformed& slip) {
    throw malformed(edges.back().conversion->origin, slip.line, slip.what());
  }
}

void prove(const Edge& edge) { compile({edge}); }

std::vector<Dependent> dependents(const DataFile& file) {
  std::vector<Dependent> result;
  struct stat facts {};
  if (::stat(file.path.c_str(), &facts) != 0) throw os_error("read", file.path);
  std::size_t found = 1;
  for (const auto& entry : walk(file.path.parent_path())) {
    const auto path = file.path.parent_path() / entry.path;
    if (path == file.path || *entry.path.begin() == ".dfinstall") continue;
    struct stat other {};
    if (::stat(path.c_str(), &other) != 0 || other.st_dev != facts.st_dev || other.st_ino != facts.st_ino) continue;
    if (entry.kind == EntryKind::link) {
      result.push_back({file.name, "symbolic link", entry.path.string(), path.string()});
    } else {
      ++found;
      result.push_back({file.name, "hard link", entry.path.string(), path.string()});
    }
  }
  if (facts.st_nlink > found) result.push_back({file.name, "hard link", "?", other_names_hint(facts)});
  return result;
}

void create(const fs::path& path) { durable::write_file(path, "", 0640); }

Catalogue::Result convert(const Work& work) {
  const auto program = compile(work.edges);
  const auto& last = work.edges.back();
  if (last.to->kind == Kind::config) return load_configuration(work, program);
  std::vector<RejectRule> rules;
  for (const auto& edge : work.edges) rules.push_back({edge.conversion->on_error, edge.conversion->max_rejects});
  const auto rejects = rejects_beside(work.shadow, work.edges.front().from->level, work.before);
  const RecordPass pass{work.file,        program,     work.input, work.output, rejects, rejects.string() + ".jsonl",
                        std::move(rules), work.digest, work.before};
  auto done = last.to->kind == Kind::records
                  ? run_record_pass(pass, work.policy, work.supervisor)
                  : run_load_pass(pass, last.to->schema, last.to->level, work.policy, work.supervisor);
  if (last.to->kind == Kind::sqlite) sqlite_kind::verify_load(work, last);
  Catalogue::Result result;
  result.rows_before = done.read;
  result.rows_after = done.written;
  result.rejected = done.rejected;
  result.totals = std::move(done.totals);
  result.went_on_at = done.went_on_at;
  result.input_digest = std::move(done.input_digest);
  result.output_digest = std::move(done.output_digest);
  return result;
}

}  // namespace dfi::migrations::record_kind
