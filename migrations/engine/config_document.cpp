// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/config_document.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <sstream>

#include "base/toml.hpp"
#include "messages/reason.hpp"

namespace dfi::migrations::config_kind {
namespace {

constexpr const char* level_key = "format_level";
// "…" always: that is how people know text from the shipped file.
constexpr auto text_style = toml::toml_formatter::default_flags & ~toml::format_flags::allow_literal_strings;

std::optional<Value> to_value(const toml::node& node) {
  if (const auto* truth = node.as_boolean()) return truth->get();
  if (const auto* number = node.as_integer()) return number->get();
  if (const auto* text = node.as_string()) return text->get();
  return std::nullopt;
}

std::string literal(const Value& value) {
  std::ostringstream out;
  auto print = [&](const auto& plain) {
    toml::value<std::decay_t<decltype(plain)>> node(plain);
    out << toml::toml_formatter(node, text_style);
  };
  std::visit(print, value);
  return out.str();
}

/// A name between the dots of a table's head: bare if TOML allows it.
std::string bare_or_quoted(const std::string& name) {
  const bool bare = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  return bare ? name : literal(Value(name));
}

std::size_t line_of(const toml::key& name, const toml::node& node) {
  return std::max(node.source().begin.line, name.source().begin.line);
}

Refused wrong_at(const toml::node& node, const toml::key& name, Msg what, Args args = {}) {
  args.push_back({"line", std::to_string(line_of(name, node))});
  args.push_back({"key", std::string(name.str())});
  return {{what, std::move(args)}};
}

/// One file of one level on its way into a Document.
class DocumentReader {
 public:
  DocumentReader(const Format& format, std::vector<std::string>& unknown) : format_(format), unknown_(unknown) {}

  Document read(const toml::table& file) {
    auto document = standards(format_);
    for (const auto& [name, node] : file) {
      const std::string key(name.str());
      if (key == level_key) continue;
      if (const auto* tables = find_tables(format_, key))
        read_tables(*tables, name, node, document);
      else if (find_key(format_, key))
        document.values[key] = read_value("", name, node);
      else
        note_unknown("", name, node);
    }
    return document;
  }

 private:
  static std::string written(const std::string& prefix, const toml::key& name, const toml::node& node) {
    std::ostringstream value;
    if (const auto* table = node.as_table(); table && table->empty()) value << "{}";
    node.visit([&](const auto& plain) { value << toml::toml_formatter(plain, text_style); });
    auto text = fmt::format("{}{} = {}", prefix, bare_or_quoted(std::string(name.str())), value.str());
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
  }

  /// Each value by itself, also those of a whole table nobody knows.
  void note_unknown(const std::string& prefix, const toml::key& name, const toml::node& node) {
    const auto* table = node.as_table();
    if (!table || table->empty()) return unknown_.push_back(shown(line_of(name, node), written(prefix, name, node)));
    const auto inside = prefix + bare_or_quoted(std::string(name.str())) + ".";
    for (const auto& [inner, value] : *table) note_unknown(inside, inner, value);
  }

  Entry read_value(const std::string& prefix, const toml::key& name, const toml::node& node) {
    const auto type = find_key(format_, std::string(name.str()))->type;
    auto value = to_value(node);
    if (!value || type_of(*value) != type)
      throw wrong_at(node, name, msg::config_not_of_type, {{"type", std::string(type_name(type))}});
    return {*value, line_of(name, node), written(prefix, name, node)};
  }

  static List read_list(const std::string& prefix, const toml::key& name, const toml::node& node) {
    if (!node.is_array()) throw wrong_at(node, name, msg::config_no_list);
    List list{{}, line_of(name, node), written(prefix, name, node)};
    for (const auto& entry : *node.as_array()) {
      if (!entry.is_string()) throw wrong_at(node, name, msg::config_no_list);
      list.items.push_back(entry.as_string()->get());
    }
    return list;
  }

  void read_tables(const ConfigTables& kind, const toml::key& name, const toml::node& node, Document& document) {
    if (!node.is_table()) throw wrong_at(node, name, msg::config_no_table);
    for (const auto& [entry, inner] : *node.as_table()) {
      if (!inner.is_table()) throw wrong_at(inner, entry, msg::config_no_table);
      const std::string title(entry.str());
      document.tables[{kind.name, title}] = read_table(kind, title, *inner.as_table());
    }
  }

  Table read_table(const ConfigTables& kind, const std::string& title, const toml::table& content) {
    const auto prefix = fmt::format("{}.{}.", kind.name, bare_or_quoted(title));
    Table table;
    for (const auto& [name, node] : content) {
      const std::string key(name.str());
      if (std::find(kind.lists.begin(), kind.lists.end(), key) != kind.lists.end())
        table.lists[key] = read_list(prefix, name, node);
      else if (find_key(format_, key))
        table.values[key] = read_value(prefix, name, node);
      else
        note_unknown(prefix, name, node);
    }
    return table;
  }

  const Format& format_;
  std::vector<std::string>& unknown_;
};

std::string comment(const std::string& text) {
  std::string result;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) result += line.empty() ? "#\n" : "# " + line + "\n";
  return result;
}

std::string write_table(const Format& format, const Table& table) {
  std::string text;
  for (const auto& [name, list] : table.lists) {
    text += name + " = [";
    for (std::size_t i = 0; i < list.items.size(); ++i) text += (i == 0 ? "" : ", ") + literal(Value(list.items[i]));
    text += "]\n";
  }
  for (const auto& key : format.keys)
    if (const auto found = table.values.find(key.name); found != table.values.end())
      text += fmt::format("{} = {}\n", key.name, literal(found->second.value));
  return text;
}

}  // namespace

const ConfigKey* find_key(const Format& format, const std::string& name) {
  auto found = std::find_if(format.keys.begin(), format.keys.end(), [&](const auto& key) { return key.name == name; });
  return found == format.keys.end() ? nullptr : &*found;
}

const ConfigTables* find_tables(const Format& format, const std::string& name) {
  auto found =
      std::find_if(format.tables.begin(), format.tables.end(), [&](const auto& tables) { return tables.name == name; });
  return found == format.tables.end() ? nullptr : &*found;
}

std::string shown(std::size_t line, const std::string& text) { return fmt::format("line {}: {}", line, text); }

Document standards(const Format& format) {
  Document document;
  for (const auto& key : format.keys) document.values[key.name] = {key.standard};
  return document;
}

Document read_document(const std::string& text, const fs::path& path, const Format& format,
                       std::vector<std::string>& unknown) {
  return DocumentReader(format, unknown).read(parse_toml(text, path));
}

std::string write_document(const Format& format, const Document& document) {
  auto text = comment(format.english) + comment(format.german) + fmt::format("{} = {}\n", level_key, format.level);
  for (const auto& key : format.keys)
    text += "\n" + comment(key.english) + comment(key.german) +
            fmt::format("{} = {}\n", key.name, literal(document.values.at(key.name).value));
  for (const auto& kind : format.tables) {
    auto head = "\n" + comment(kind.english) + comment(kind.german);
    for (const auto& [name, table] : document.tables) {
      if (name.first != kind.name) continue;
      text += std::exchange(head, "\n") + fmt::format("[{}.{}]\n", kind.name, bare_or_quoted(name.second)) +
              write_table(format, table);
    }
  }
  return text;
}

}  // namespace dfi::migrations::config_kind
