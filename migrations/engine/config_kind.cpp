// SPDX-License-Identifier: Apache-2.0
// Configuration files: TOML that people edit. A conversion keeps every value a person chose; the file is written anew
// with the comments of the new level, as the product itself does it.
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include "base/durable.hpp"
#include "base/toml.hpp"
#include "messages/conversion.hpp"
#include "migrations/engine/kinds.hpp"

namespace dfi::migrations::config_kind {
namespace {

constexpr const char* level_key = "format_level";
using Values = std::map<std::string, Value>;

/// A table people added, [account.x]: only the keys that stand there.
struct Table {
  Values values;
  std::map<std::string, std::vector<std::string>> lists;
  bool operator==(const Table&) const = default;
};
struct Document {
  Values values;
  std::map<std::pair<std::string, std::string>, Table> tables;  // by "account", "x"
  bool operator==(const Document&) const = default;
};

/// A reason without the names around it; convert() and prove() add theirs.
struct Refused {
  std::string reason;
};

const ConfigKey* find_key(const Format& format, const std::string& name) {
  auto found = std::find_if(format.keys.begin(), format.keys.end(), [&](const auto& key) { return key.name == name; });
  return found == format.keys.end() ? nullptr : &*found;
}

std::optional<Value> to_value(const toml::node& node) {
  if (const auto* truth = node.as_boolean()) return truth->get();
  if (const auto* number = node.as_integer()) return number->get();
  if (const auto* text = node.as_string()) return text->get();
  return std::nullopt;
}

const ConfigTables* find_tables(const Format& format, const std::string& name) {
  auto found =
      std::find_if(format.tables.begin(), format.tables.end(), [&](const auto& tables) { return tables.name == name; });
  return found == format.tables.end() ? nullptr : &*found;
}

Refused wrong_at(const toml::node& node, const toml::key& name, const std::string& what) {
  const auto line = std::max(node.source().begin.line, name.source().begin.line);
  return Refused{fmt::format("line {}: '{}' {}", line, name.str(), what)};
}

Value read_value(const Format& format, const toml::key& name, const toml::node& node) {
  const auto* key = find_key(format, std::string(name.str()));
  if (!key) throw Refused{fmt::format("line {}: key '{}' is unknown", name.source().begin.line, name.str())};
  auto value = to_value(node);
  if (!value || type_of(*value) != key->type)
    throw wrong_at(node, name, fmt::format("is not of type {}", type_name(key->type)));
  return *value;
}

Table read_tables_entry(const Format& format, const ConfigTables& kind, const toml::table& document) {
  Table table;
  for (const auto& [name, node] : document) {
    const std::string key(name.str());
    if (std::find(kind.lists.begin(), kind.lists.end(), key) == kind.lists.end()) {
      table.values[key] = read_value(format, name, node);
      continue;
    }
    if (!node.is_array()) throw wrong_at(node, name, "is no list of texts");
    auto& list = table.lists[key];
    for (const auto& entry : *node.as_array()) {
      if (!entry.is_string()) throw wrong_at(node, name, "is no list of texts");
      list.push_back(entry.as_string()->get());
    }
  }
  return table;
}

/// The values of a file of this level; a key that is not there has its default.
Document read_document(const toml::table& file, const Format& format) {
  Document document;
  for (const auto& key : format.keys) document.values[key.name] = key.standard;
  for (const auto& [name, node] : file) {
    const std::string key(name.str());
    if (key == level_key) continue;
    const auto* tables = find_tables(format, key);
    if (!tables) {
      document.values[key] = read_value(format, name, node);
      continue;
    }
    if (!node.is_table()) throw wrong_at(node, name, "is no table");
    for (const auto& [entry, inner] : *node.as_table()) {
      if (!inner.is_table()) throw wrong_at(inner, entry, "is no table");
      document.tables[{key, std::string(entry.str())}] = read_tables_entry(format, *tables, *inner.as_table());
    }
  }
  return document;
}

Value take(Values& values, const std::string& key) {
  auto found = values.find(key);
  if (found == values.end()) throw Refused{fmt::format("there is no key '{}' at this point", key)};
  auto value = found->second;
  values.erase(found);
  return value;
}

void apply(const Operation& operation, Values& values) {
  switch (operation.kind) {
    case Operation::Kind::rename: values[operation.key] = take(values, operation.from); break;
    case Operation::Kind::set: values[operation.key] = operation.value; break;
    case Operation::Kind::text: values[operation.key] = as_text(take(values, operation.key)); break;
    case Operation::Kind::drop: take(values, operation.key); break;
    case Operation::Kind::map: {
      auto value = take(values, operation.from);
      auto old = as_text(value);
      if (operation.keep) values[operation.from] = value;
      auto found = std::find_if(operation.values.begin(), operation.values.end(),
                                [&](const auto& pair) { return pair.first == old; });
      if (found == operation.values.end())
        throw Refused{fmt::format("'{}' has the value '{}', which has no counterpart", operation.from, old)};
      values[operation.key] = found->second;
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
    case Operation::Kind::text:
    case Operation::Kind::drop: return values.count(operation.key) > 0;
    case Operation::Kind::set: return false;
  }
  return false;
}

void require_known(const Values& values, const Format& format) {
  for (const auto& [name, value] : values) {
    const auto* key = find_key(format, name);
    if (!key) throw Refused{fmt::format("key '{}' vanishes without being named", name)};
    if (type_of(value) != key->type)
      throw Refused{fmt::format("'{}' must become of type {}", name, type_name(key->type))};
  }
}

/// Runs one conversion and shows that exactly the keys of the new level came out. Tables go the same way with the keys
/// they have; a level that does not know such tables stops the conversion.
void apply(const Edge& edge, Document& document) {
  for (const auto& operation : edge.conversion->operations) apply(operation, document.values);
  require_known(document.values, *edge.to);
  for (const auto& key : edge.to->keys) document.values.try_emplace(key.name, key.standard);
  for (auto& [name, table] : document.tables) {
    const auto* tables = find_tables(*edge.to, name.first);
    if (!tables) throw Refused{fmt::format("table '{}.{}' vanishes without being named", name.first, name.second)};
    for (const auto& operation : edge.conversion->operations)
      if (concerns(operation, table.values)) apply(operation, table.values);
    require_known(table.values, *edge.to);
    for (const auto& list : table.lists)
      if (std::find(tables->lists.begin(), tables->lists.end(), list.first) == tables->lists.end())
        throw Refused{fmt::format("'{}' vanishes without being named", list.first)};
  }
}

std::string comment(const std::string& text) {
  std::string result;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) result += line.empty() ? "#\n" : "# " + line + "\n";
  return result;
}

std::string literal(const Value& value) {
  // "…" always: that is how people know text from the shipped file.
  constexpr auto flags = toml::toml_formatter::default_flags & ~toml::format_flags::allow_literal_strings;
  std::ostringstream out;
  auto print = [&](const auto& plain) {
    toml::value<std::decay_t<decltype(plain)>> node(plain);
    out << toml::toml_formatter(node, flags);
  };
  std::visit(print, value);
  return out.str();
}

/// A name between the dots of a table's head: bare if TOML allows it.
std::string table_name(const std::string& name) {
  const bool bare = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  return bare ? name : literal(Value(name));
}

std::string write_table(const Format& format, const Table& table) {
  std::string text;
  for (const auto& [name, list] : table.lists) {
    text += name + " = [";
    for (std::size_t i = 0; i < list.size(); ++i) text += (i == 0 ? "" : ", ") + literal(Value(list[i]));
    text += "]\n";
  }
  for (const auto& key : format.keys)
    if (const auto found = table.values.find(key.name); found != table.values.end())
      text += fmt::format("{} = {}\n", key.name, literal(found->second));
  return text;
}

std::string write(const Format& format, const Document& document) {
  auto text = comment(format.english) + comment(format.german) + fmt::format("{} = {}\n", level_key, format.level);
  for (const auto& key : format.keys)
    text += "\n" + comment(key.english) + comment(key.german) +
            fmt::format("{} = {}\n", key.name, literal(document.values.at(key.name)));
  for (const auto& kind : format.tables) {
    auto head = "\n" + comment(kind.english) + comment(kind.german);
    for (const auto& [name, table] : document.tables) {
      if (name.first != kind.name) continue;
      text += std::exchange(head, "\n") + fmt::format("[{}.{}]\n", kind.name, table_name(name.second)) +
              write_table(format, table);
    }
  }
  return text;
}

Document standards(const Format& format) {
  Document document;
  for (const auto& key : format.keys) document.values[key.name] = key.standard;
  return document;
}

}  // namespace

void prove(const Edge& edge) {
  auto document = standards(*edge.from);
  try {
    apply(edge, document);
  } catch (const Refused& refused) {
    throw malformed(edge.conversion->origin, 1, refused.reason);
  }
}

int level_of(const DataFile& file, const Formats& formats) {
  auto document = read_toml(file.path);
  const auto* level = document.get_as<std::int64_t>(level_key);
  if (!level) throw level_unknown(file, formats, fmt::format("it has no {}", level_key));
  return known_format(file, formats, level->get(), level_key).level;
}

void create(const fs::path& path, const Format& format) {
  durable::write_file(path, write(format, standards(format)), 0640);
}

void write_loaded(const Work& work, const Edge& edge, const std::vector<std::pair<std::string, Value>>& values) {
  auto document = standards(*edge.to);
  for (const auto& [name, value] : values) {
    const auto* key = find_key(*edge.to, name);
    if (!key || type_of(value) != key->type)
      throw conversion_failed(*edge.conversion, work.file,
                              fmt::format("'{}' must be of type {}", name, key ? type_name(key->type) : "-"));
    document.values[name] = value;
  }
  durable::write_file(work.output, write(*edge.to, document), 0600);
}

Catalogue::Result convert(const Work& work) {
  const auto& edges = work.edges;
  auto text = read_file(work.input);
  const auto parsed = parse_toml(text, work.input);
  const auto* conversion = edges.front().conversion;
  Catalogue::Result result;
  Document document;
  try {
    document = read_document(parsed, *edges.front().from);
    result.rows_before = document.values.size();
    for (const auto& edge : edges) {
      conversion = edge.conversion;
      apply(edge, document);
    }
    text = write(*edges.back().to, document);
    if (read_document(parse_toml(text, work.output), *edges.back().to) != document)
      throw Refused{"the written file does not say what was meant"};
  } catch (const Refused& refused) {
    throw conversion_failed(*conversion, work.file, refused.reason);
  }
  result.rows_after = document.values.size();
  durable::write_file(work.output, text, 0600);
  return result;
}

}  // namespace dfi::migrations::config_kind
