// SPDX-License-Identifier: Apache-2.0
// Configuration files: TOML that people edit. A conversion keeps every value a person chose; the file is written anew
// with the comments of the new level, as the product itself does it.
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>

#include "base/durable.hpp"
#include "base/toml.hpp"
#include "messages/conversion.hpp"
#include "migrations/engine/kinds.hpp"

namespace dfi::migrations::config_kind {
namespace {

constexpr const char* level_key = "format_level";
using Values = std::map<std::string, Value>;

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

/// The values of a file of this level; a key that is not there has its default.
Values read_values(const toml::table& document, const Format& format) {
  Values values;
  for (const auto& key : format.keys) values[key.name] = key.standard;
  for (const auto& [name, node] : document) {
    if (name.str() == level_key) continue;
    auto line = name.source().begin.line;
    const auto* key = find_key(format, std::string(name.str()));
    if (!key) throw Refused{fmt::format("line {}: key '{}' is unknown", line, name.str())};
    auto value = to_value(node);
    if (!value || type_of(*value) != key->type)
      throw Refused{fmt::format("line {}: '{}' is not of type {}", line, name.str(), type_name(key->type))};
    values[key->name] = *value;
  }
  return values;
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
      auto old = as_text(take(values, operation.from));
      auto found = std::find_if(operation.values.begin(), operation.values.end(),
                                [&](const auto& pair) { return pair.first == old; });
      if (found == operation.values.end())
        throw Refused{fmt::format("'{}' has the value '{}', which has no counterpart", operation.from, old)};
      values[operation.key] = found->second;
      break;
    }
  }
}

/// Runs one conversion on values and shows that exactly the keys of the new level came out.
void apply(const Edge& edge, Values& values) {
  for (const auto& operation : edge.conversion->operations) apply(operation, values);
  for (const auto& [name, value] : values) {
    const auto* key = find_key(*edge.to, name);
    if (!key) throw Refused{fmt::format("key '{}' vanishes without being named", name)};
    if (type_of(value) != key->type)
      throw Refused{fmt::format("'{}' must become of type {}", name, type_name(key->type))};
  }
  for (const auto& key : edge.to->keys) values.try_emplace(key.name, key.standard);
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

std::string write(const Format& format, const Values& values) {
  auto text = comment(format.english) + comment(format.german) + fmt::format("{} = {}\n", level_key, format.level);
  for (const auto& key : format.keys)
    text += "\n" + comment(key.english) + comment(key.german) +
            fmt::format("{} = {}\n", key.name, literal(values.at(key.name)));
  return text;
}

Values standards(const Format& format) {
  Values values;
  for (const auto& key : format.keys) values[key.name] = key.standard;
  return values;
}

}  // namespace

void prove(const Edge& edge) {
  auto values = standards(*edge.from);
  try {
    apply(edge, values);
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

Catalogue::Result convert(const DataFile& file, const Edges& edges, const fs::path& shadow) {
  auto text = read_file(file.path);
  auto document = parse_toml(text, file.path);
  const auto* conversion = edges.front().conversion;
  Catalogue::Result result;
  Values values;
  try {
    values = read_values(document, *edges.front().from);
    result.rows_before = values.size();
    for (const auto& edge : edges) {
      conversion = edge.conversion;
      apply(edge, values);
    }
    text = write(*edges.back().to, values);
    if (read_values(parse_toml(text, shadow), *edges.back().to) != values)
      throw Refused{"the written file does not say what was meant"};
  } catch (const Refused& refused) {
    throw Error(msg::conversion_failed, {{"conversion", conversion->name},
                                         {"file", file.name},
                                         {"path", file.path.string()},
                                         {"reason", refused.reason}});
  }
  result.rows_after = values.size();
  durable::write_file(shadow, text, 0600);
  durable::copy_attributes(file.path, shadow);
  durable::sync_file(shadow);
  return result;
}

}  // namespace dfi::migrations::config_kind
