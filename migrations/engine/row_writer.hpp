// SPDX-License-Identifier: Apache-2.0
// Rows of records into the tables of a fresh SQLite file. Internal to the engine.
#pragma once
#include <map>
#include <optional>
#include <vector>

#include "base/database.hpp"
#include "migrations/records/program.hpp"

namespace dfi::migrations {

class RowWriter {
 public:
  RowWriter(SQLite::Database& db, const records::Program& program);
  /// All rows of one record, or none of them: then why not. No value becomes another one: a number that its column
  /// would round is refused. Throws SQLite::Exception for what is not the record's fault.
  std::optional<records::Fault> insert(const std::vector<records::Row>& rows);

 private:
  /// What SQLite makes of what goes into a column.
  enum class Affinity { none, number, real };
  struct Insert {
    SQLite::Statement statement;
    std::vector<Affinity> affinities;  // by value
  };
  Insert& insert_of(const records::Row& row);
  Affinity affinity(const std::string& table, const std::string& column) const;
  /// Whether the column would keep another value, without a word.
  static bool changes(const records::ColumnValue& value, Affinity affinity);
  std::optional<records::Fault> insert(const records::Row& row);
  records::Fault fault(const records::Row& row, const std::string& reason) const;

  SQLite::Database& db_;
  const records::Program& program_;
  std::size_t step_;
  std::map<std::vector<std::size_t>, Insert> inserts_;  // by table and columns
  std::vector<std::size_t> key_;
};

}  // namespace dfi::migrations
