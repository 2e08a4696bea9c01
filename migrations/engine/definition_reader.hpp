// SPDX-License-Identifier: Apache-2.0
// Strict reading of one TOML table of a definition: what is missing, unknown or of the wrong kind is named with its
// line. Internal to the engine; include this in .cpp files only (toml++ is a heavy header).
#pragma once
#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "base/toml.hpp"
#include "migrations/engine/definition.hpp"

namespace dfi::migrations {

inline int line_of(const toml::node& node) { return static_cast<int>(node.source().begin.line); }

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

  std::vector<std::string> texts_or_none(const char* key) { return has(key) ? texts(key) : std::vector<std::string>(); }
  std::int64_t integer_or(const char* key, std::int64_t standard) { return has(key) ? integer(key) : standard; }

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

  const fs::path& path() const { return path_; }
  const toml::table& whole() const { return table_; }
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

inline int read_level(Reader& reader, const char* key) {
  auto level = reader.integer(key);
  if (level < 1 || level > 1'000'000) throw reader.wrong(key, "must be a level from 1 on");
  return static_cast<int>(level);
}

/// The whole file; Error definition_malformed if it is no TOML.
toml::table parse_definition(const fs::path& path);

}  // namespace dfi::migrations
