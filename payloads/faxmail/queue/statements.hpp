// SPDX-License-Identifier: Apache-2.0
// The statements of one connection, each prepared once: preparing costs more than most of them do.
#pragma once
#include <map>

#include "base/database.hpp"

namespace faxmail {

class Statements {
 public:
  explicit Statements(SQLite::Database& db) : db_(db) {}
  Statements(const Statements&) = delete;
  Statements& operator=(const Statements&) = delete;

  /// Known by the address of its literal. The parameters and the rows of its last use are gone.
  SQLite::Statement& operator()(const char* sql) {
    auto& found = prepared_.try_emplace(sql, db_, sql).first->second;
    found.reset();
    found.clearBindings();
    return found;
  }

 private:
  SQLite::Database& db_;
  std::map<const char*, SQLite::Statement> prepared_;
};

}  // namespace faxmail
