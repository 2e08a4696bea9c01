// SPDX-License-Identifier: Apache-2.0
// Build tool: turns the message files (*.toml, English and German) into C++.
// A missing translation, a repeated id or placeholders that differ between the languages fail the build,
// so a program can never meet a message it cannot say.
#include <fmt/core.h>
#include <toml++/toml.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>

namespace fs = std::filesystem;

namespace {

constexpr const char* languages[] = {"en", "de"};
constexpr const char* parts[] = {"text", "cause", "recovery"};

struct Texts {
  std::string text, cause, recovery;
};

std::set<std::string> placeholders(const std::string& text) {
  std::set<std::string> names;
  for (std::size_t open = text.find('{'); open != std::string::npos; open = text.find('{', open + 1)) {
    auto close = text.find('}', open);
    if (close != std::string::npos) names.insert(text.substr(open + 1, close - open - 1));
  }
  return names;
}

[[noreturn]] void fail(const fs::path& file, const std::string& name, const std::string& why) {
  std::cerr << file.string() << ": message '" << name << "': " << why << '\n';
  std::exit(1);
}

std::map<std::string, Texts> read_languages(const fs::path& file, const std::string& name, const toml::table& entry) {
  std::map<std::string, Texts> result;
  for (const char* language : languages) {
    const auto* table = entry[language].as_table();
    if (!table) fail(file, name, fmt::format("no text in language '{}'", language));
    auto get = [&](const char* part) { return (*table)[part].value_or(std::string{}); };
    result[language] = {get("text"), get("cause"), get("recovery")};
    if (result[language].text.empty()) fail(file, name, fmt::format("empty text in language '{}'", language));
  }
  for (const char* part : parts) {
    auto pick = [&](const Texts& texts) {
      return part == std::string("text") ? texts.text : part == std::string("cause") ? texts.cause : texts.recovery;
    };
    auto english = pick(result["en"]), german = pick(result["de"]);
    if (english.empty() != german.empty()) fail(file, name, fmt::format("'{}' stands in one language only", part));
    if (placeholders(english) != placeholders(german))
      fail(file, name, fmt::format("'{}' has other placeholders in German than in English", part));
  }
  return result;
}

void write_if_changed(const fs::path& file, const std::string& text) {
  std::ifstream old(file);
  std::stringstream content;
  content << old.rdbuf();
  if (old && content.str() == text) return;
  std::ofstream(file) << text;
}

std::string literal(const std::string& text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (c == '\n')
      result += "\\n";
    else
      result += c;
  }
  return result + '"';
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: " << argv[0] << " OUTPUT-DIRECTORY CHAPTER.toml...\n";
    return 2;
  }
  const fs::path out = argv[1];
  fs::create_directories(out);
  std::set<std::string> ids, names;
  std::string rows;
  for (int i = 2; i < argc; ++i) {
    const fs::path file = argv[i];
    toml::table chapter;
    try {
      chapter = toml::parse_file(file.string());
    } catch (const toml::parse_error& e) {
      std::cerr << file.string() << ':' << e.source().begin.line << ": " << e.description() << '\n';
      return 1;
    }
    std::string header = "// Generated from " + file.filename().string() +
                         ".\n#pragma once\n#include \"base/message.hpp\"\n\nnamespace dfi::msg {\n";
    for (const auto& [key, node] : chapter) {
      const std::string name{key.str()};
      const auto* entry = node.as_table();
      if (!entry) fail(file, name, "is no table");
      auto id = (*entry)["id"].value_or(std::string{});
      auto exit = (*entry)["exit"].value_or<int64_t>(0);
      if (id.size() != 7 || !ids.insert(id).second)
        fail(file, name, fmt::format("id '{}' is malformed or used twice", id));
      if (!names.insert(name).second) fail(file, name, "stands in two files");
      auto texts = read_languages(file, name, *entry);
      header += fmt::format("inline constexpr Msg {}{{{}}};\n", name, literal(name));
      rows += fmt::format("    {{{}, {}, {}", literal(name), literal(id), exit);
      for (const char* language : languages)
        rows += fmt::format(",\n     {{{}, {}, {}}}", literal(texts[language].text), literal(texts[language].cause),
                            literal(texts[language].recovery));
      rows += "},\n";
    }
    write_if_changed(out / (file.stem().string() + ".hpp"), header + "}  // namespace dfi::msg\n");
  }
  write_if_changed(out / "table.cpp",
                   "// Generated from installer/messages/*.toml.\n#include \"base/message_table.hpp\"\n\n"
                   "namespace dfi {\nconst std::vector<MessageRow>& message_table() {\n"
                   "  static const std::vector<MessageRow> rows = {\n" +
                       rows + "  };\n  return rows;\n}\n}  // namespace dfi\n");
  // Always newer than the chapters, else the build would run this tool for ever.
  fs::last_write_time(out / "table.cpp", fs::file_time_type::clock::now());
}
