// SPDX-License-Identifier: Apache-2.0
#include "base/message.hpp"

#include <cstdlib>
#include <stdexcept>
#include <unordered_map>

#include "base/message_table.hpp"

namespace dfi {
namespace {

const MessageRow* find_row(std::string_view name) {
  static const auto index = [] {
    std::unordered_map<std::string_view, const MessageRow*> map;
    for (const auto& row : message_table()) map[row.name] = &row;
    return map;
  }();
  auto found = index.find(name);
  return found == index.end() ? nullptr : found->second;
}

const MessageRow& row_of(Msg id) {
  if (const auto* row = find_row(id.name)) return *row;
  throw std::logic_error("message not in the catalogue: " + std::string(id.name));
}

const MessageTexts& texts_of(Msg id, Language language) {
  const auto& row = row_of(id);
  return language == Language::german ? row.german : row.english;
}

std::string substitute(std::string_view pattern, const Args& args) {
  std::string result;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '{') {
      auto close = pattern.find('}', i);
      if (close != std::string_view::npos) {
        auto name = pattern.substr(i + 1, close - i - 1);
        bool known = false;
        for (const auto& arg : args)
          if (arg.name == name) {
            result += arg.value;
            known = true;
            break;
          }
        if (known) {
          i = close;
          continue;
        }
      }
    }
    result += pattern[i];
  }
  return result;
}

}  // namespace

std::string_view message_id(Msg id) { return row_of(id).id; }
int exit_code(Msg id) { return row_of(id).exit; }
std::string text(const Message& m, Language language) { return substitute(texts_of(m.id, language).text, m.args); }
std::string cause(const Message& m, Language language) { return substitute(texts_of(m.id, language).cause, m.args); }
std::string recovery(const Message& m, Language language) {
  return substitute(texts_of(m.id, language).recovery, m.args);
}

std::optional<Msg> find_message(std::string_view name) {
  const auto* row = find_row(name);
  return row ? std::optional<Msg>{Msg{row->name}} : std::nullopt;
}

std::optional<Language> parse_language(std::string_view name) {
  auto starts = [&](std::string_view prefix) { return name.substr(0, prefix.size()) == prefix; };
  if (starts("de") || starts("DE")) return Language::german;
  if (starts("en") || starts("EN") || name == "C" || starts("C.") || name == "POSIX") return Language::english;
  return std::nullopt;
}

Language language_from_environment() {
  for (const char* variable : {"DFINSTALL_LANG", "LC_ALL", "LC_MESSAGES", "LANG"})
    if (const char* value = std::getenv(variable); value && *value)
      if (auto language = parse_language(value)) return *language;
  return Language::english;
}

}  // namespace dfi
