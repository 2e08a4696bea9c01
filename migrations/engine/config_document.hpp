// SPDX-License-Identifier: Apache-2.0
// A configuration file of one level as values, and as the text people edit. Internal to the engine.
#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "migrations/engine/definition.hpp"

namespace dfi::migrations::config_kind {

/// A value and where a person wrote it: "port = 25" on line 4; line 0 if it is the level's default.
struct Entry {
  Value value;
  std::size_t line = 0;
  std::string text = {};
  /// An operation has decided it: the new level's default does not take its place.
  bool settled = false;

  bool operator==(const Entry& other) const { return value == other.value; }
};
using Values = std::map<std::string, Entry>;

struct List {
  std::vector<std::string> items;
  std::size_t line = 0;
  std::string text = {};

  bool operator==(const List& other) const { return items == other.items; }
};

/// A table people added, [account.x]: only the keys that stand there.
struct Table {
  Values values;
  std::map<std::string, List> lists;
  bool operator==(const Table&) const = default;
};

/// Equal if they say the same, wherever it stands.
struct Document {
  Values values;
  std::map<std::pair<std::string, std::string>, Table> tables;  // by "account", "x"
  bool operator==(const Document&) const = default;
};

/// A reason without the names around it; who catches it adds them.
struct Refused {
  Message reason;
};

const ConfigKey* find_key(const Format& format, const std::string& name);
const ConfigTables* find_tables(const Format& format, const std::string& name);
/// "line 4: port = 25"
std::string shown(std::size_t line, const std::string& text);

/// The values a level has by itself.
Document standards(const Format& format);
/// What a file of this level says; a key that is not there has its default. What the level does not know is added to
/// `unknown`. Throws Refused for a value of the wrong type, toml_malformed naming `path`.
Document read_document(const std::string& text, const fs::path& path, const Format& format,
                       std::vector<std::string>& unknown);
std::string write_document(const Format& format, const Document& document);

}  // namespace dfi::migrations::config_kind
