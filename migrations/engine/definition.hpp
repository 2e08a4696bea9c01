// SPDX-License-Identifier: Apache-2.0
// What a definition file says: a Format (one level of one data file) or a Conversion (the step between two levels).
// Reading is strict: a missing, unknown, repeated or wrong key is Error definition_malformed with file and line.
// How to write one: migrations/README.md.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "migrations/engine/engine.hpp"
#include "migrations/records/program.hpp"

namespace dfi::migrations {

/// A value of a configuration file.
using Value = std::variant<bool, std::int64_t, std::string>;
enum class ValueType { boolean, integer, text };  // in the order of Value's alternatives
std::string_view type_name(ValueType type);
inline ValueType type_of(const Value& value) { return static_cast<ValueType>(value.index()); }
/// "true", "25", "*NO": how a definition's `values` table names an old value.
std::string as_text(const Value& value);

struct ConfigKey {
  std::string name;
  ValueType type;
  Value standard;               // the value without a person's choice
  std::string english, german;  // the comment above it
};

/// Tables that people add, [NAME.x]: any of the keys, and lists of texts that only these tables have.
struct ConfigTables {
  std::string name;
  std::vector<std::string> lists;
  std::string english, german;  // the comment above the first one
};

/// What of a database may go back to an older level when an update is taken back.
struct CarryOver {
  std::string table;
  std::string requeue;              // SQL: true for a new row that the older level may have
  std::vector<std::string> follow;  // columns that the older level gets of a changed row; it loses a deleted one
};

struct Format {
  std::string file;
  int level = 0;
  Kind kind = Kind::sqlite;
  fs::path origin;
  std::string schema, journal_mode;  // sqlite
  int schema_line = 0;
  std::vector<CarryOver> carry_over;                    // sqlite; parents before their children
  std::vector<ConfigKey> keys;                          // config
  std::vector<ConfigTables> tables;                     // config
  std::string english, german;                          // config: the comment at its top
  std::uintmax_t length = 0;                            // area
  char fill = ' ';                                      // area: a byte of the area
  int ccsid = 65535;                                    // area: 65535 = bytes
  std::shared_ptr<const records::RecordFormat> record;  // records
};

/// A query that must return no row.
struct Check {
  std::string name, sql;
};

/// One change to a configuration; they run in the order of the definition.
struct Operation {
  enum class Kind { rename, set, map, text, keep, drop };
  Kind kind;
  std::string key;                                    // what it makes or takes away
  std::string from;                                   // rename, map: the old key
  Value value;                                        // set
  bool keep = false;                                  // map: the old key stays
  std::vector<std::pair<std::string, Value>> values;  // map: old value as text, new value
};

struct Conversion {
  std::string name, file;
  int from = 0, to = 0;
  PassKind kind = PassKind::sqlite;
  fs::path origin;
  std::string convert, revert;  // sqlite; revert: in_place only
  int convert_line = 0, revert_line = 0;
  std::vector<Check> verify;          // sqlite, load
  std::vector<Operation> operations;  // config
  // records, load
  OnError on_error = OnError::abort;
  RejectLimit max_rejects;
  records::Step step;  // without its formats; in the row of a configuration without its columns
  // external
  std::string program;  // file name in the folder `programs` beside the definition
  int silent_seconds = 60;
};

Format read_format(const fs::path& path);
Conversion read_conversion(const fs::path& path);

[[nodiscard]] Error malformed(const fs::path& path, int line, const std::string& reason);

}  // namespace dfi::migrations
