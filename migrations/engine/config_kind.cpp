// SPDX-License-Identifier: Apache-2.0
// Configuration files: TOML that people edit. A conversion keeps every value a person chose; the file is written anew
// with the comments of the new level, as the product itself does it.
#include <fmt/core.h>

#include <algorithm>

#include "base/durable.hpp"
#include "base/toml.hpp"
#include "messages/conversion.hpp"
#include "messages/reason.hpp"
#include "migrations/engine/config_document.hpp"
#include "migrations/engine/kinds.hpp"

namespace dfi::migrations::config_kind {
namespace {

constexpr const char* level_key = "format_level";

Entry take(Values& values, const std::string& key) {
  auto found = values.find(key);
  if (found == values.end()) throw Refused{quoted(fmt::format("there is no key '{}' at this point", key))};
  auto entry = std::move(found->second);
  values.erase(found);
  return entry;
}

Entry settled(Entry entry) {
  entry.settled = true;
  return entry;
}

void map_value(const Operation& operation, Values& values) {
  auto entry = take(values, operation.from);
  const auto old = as_text(entry.value);
  if (operation.keep) values[operation.from] = entry;
  auto found = std::find_if(operation.values.begin(), operation.values.end(),
                            [&](const auto& pair) { return pair.first == old; });
  if (found == operation.values.end())
    throw Refused{{msg::config_no_counterpart, {{"key", operation.from}, {"value", old}}}};
  entry.value = found->second;
  values[operation.key] = settled(std::move(entry));
}

void apply(const Operation& operation, Values& values) {
  switch (operation.kind) {
    case Operation::Kind::rename: values[operation.key] = take(values, operation.from); break;
    case Operation::Kind::set: values[operation.key] = settled({operation.value}); break;
    case Operation::Kind::map: map_value(operation, values); break;
    case Operation::Kind::keep: values[operation.key] = settled(take(values, operation.key)); break;
    case Operation::Kind::drop: take(values, operation.key); break;
    case Operation::Kind::text: {
      auto entry = take(values, operation.key);
      entry.value = as_text(entry.value);
      values[operation.key] = std::move(entry);
      break;
    }
  }
}

/// Whether an operation has something to do in a table, where only the keys stand that differ. What `set` gives counts
/// for the whole file.
bool concerns(const Operation& operation, const Values& values) {
  switch (operation.kind) {
    case Operation::Kind::rename:
    case Operation::Kind::map: return values.count(operation.from) > 0;
    case Operation::Kind::keep:
    case Operation::Kind::text:
    case Operation::Kind::drop: return values.count(operation.key) > 0;
    case Operation::Kind::set: return false;
  }
  return false;
}

void require_known(const Values& values, const Format& format) {
  for (const auto& [name, entry] : values) {
    const auto* key = find_key(format, name);
    if (!key) throw Refused{quoted(fmt::format("key '{}' vanishes without being named", name))};
    if (type_of(entry.value) != key->type)
      throw Refused{quoted(fmt::format("'{}' must become of type {}", name, type_name(key->type)))};
  }
}

/// The keys at the top. Three-way: `standard` goes the same way as a file nobody touched would; what is equal to it at
/// the end still has the delivered default and gets the new one.
void apply_at_top(const Edge& edge, Values& values, std::vector<std::string>& not_carried) {
  auto standard = standards(*edge.from).values;
  for (const auto& operation : edge.conversion->operations) {
    if (operation.kind == Operation::Kind::drop)
      if (const auto found = values.find(operation.key); found != values.end() && found->second.line > 0)
        if (const auto old = standard.find(operation.key); old == standard.end() || old->second != found->second)
          not_carried.push_back(shown(found->second.line, found->second.text));
    apply(operation, values);
    apply(operation, standard);
  }
  require_known(values, *edge.to);
  for (const auto& key : edge.to->keys) {
    auto& entry = values.try_emplace(key.name, Entry{key.standard}).first->second;
    const auto old = standard.find(key.name);
    if (!entry.settled && old != standard.end() && old->second == entry) entry.value = key.standard;
    entry.settled = false;
  }
}

/// A table people added goes the same way with the keys it has; all of them were chosen by a person.
void apply_in_table(const Edge& edge, const ConfigTables& tables, Table& table, std::vector<std::string>& not_carried) {
  for (const auto& operation : edge.conversion->operations) {
    if (!concerns(operation, table.values)) continue;
    if (operation.kind == Operation::Kind::drop) {
      const auto& entry = table.values.at(operation.key);
      not_carried.push_back(shown(entry.line, entry.text));
    }
    apply(operation, table.values);
  }
  require_known(table.values, *edge.to);
  for (auto list = table.lists.begin(); list != table.lists.end();) {
    const bool known = std::find(tables.lists.begin(), tables.lists.end(), list->first) != tables.lists.end();
    if (!known) not_carried.push_back(shown(list->second.line, list->second.text));
    list = known ? std::next(list) : table.lists.erase(list);
  }
}

void apply(const Edge& edge, Document& document, std::vector<std::string>& not_carried) {
  apply_at_top(edge, document.values, not_carried);
  for (auto at = document.tables.begin(); at != document.tables.end();) {
    auto& table = at->second;
    if (const auto* tables = find_tables(*edge.to, at->first.first)) {
      apply_in_table(edge, *tables, table, not_carried);
      ++at;
      continue;
    }
    for (const auto& [name, entry] : table.values) not_carried.push_back(shown(entry.line, entry.text));
    for (const auto& [name, list] : table.lists) not_carried.push_back(shown(list.line, list.text));
    at = document.tables.erase(at);
  }
}

}  // namespace

void prove(const Edge& edge) {
  auto document = standards(*edge.from);
  std::vector<std::string> not_carried;
  try {
    apply(edge, document, not_carried);
  } catch (const Refused& refused) {
    throw malformed(edge.conversion->origin, 1, in_english({refused.reason}));
  }
}

int level_of(const DataFile& file, const Formats& formats) {
  auto document = read_toml(file.path);
  const auto* level = document.get_as<std::int64_t>(level_key);
  if (!level) throw level_unknown(file, formats, {{msg::level_not_said, {{"key", level_key}}}});
  return known_format(file, formats, level->get(), level_key).level;
}

Reasons why_not(const fs::path& path, const Format& format) {
  std::vector<std::string> unknown;
  try {
    read_document(read_file(path), path, format, unknown);
  } catch (const Refused& refused) {
    return {refused.reason};
  }
  if (unknown.empty()) return {};
  return {{msg::config_key_unknown, {{"key", unknown.front()}}}};
}

void create(const fs::path& path, const Format& format) {
  durable::write_file(path, write_document(format, standards(format)), 0640);
}

void write_loaded(const Work& work, const Edge& edge, const std::vector<std::pair<std::string, Value>>& values) {
  auto document = standards(*edge.to);
  for (const auto& [name, value] : values) document.values[name] = {value};
  durable::write_file(work.output, write_document(*edge.to, document), 0600);
}

Catalogue::Result convert(const Work& work) {
  const auto& edges = work.edges;
  const auto* conversion = edges.front().conversion;
  Catalogue::Result result;
  Document document;
  std::string text;
  try {
    document = read_document(read_file(work.input), work.input, *edges.front().from, result.not_carried);
    result.rows_before = document.values.size();
    for (const auto& edge : edges) {
      conversion = edge.conversion;
      apply(edge, document, result.not_carried);
    }
    text = write_document(*edges.back().to, document);
    std::vector<std::string> unknown;
    if (read_document(text, work.output, *edges.back().to, unknown) != document || !unknown.empty())
      throw Refused{quoted("the written file does not say what was meant")};
  } catch (const Refused& refused) {
    throw conversion_failed(*conversion, work.file, Reasons{refused.reason});
  }
  result.rows_after = document.values.size();
  durable::write_file(work.output, text, 0600);
  return result;
}

}  // namespace dfi::migrations::config_kind
