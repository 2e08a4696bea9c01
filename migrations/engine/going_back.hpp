// SPDX-License-Identifier: Apache-2.0
// New rows that an older file is to get: each with all new rows that foreign keys bind to it, or none of them, so that
// no mail lies in a queue without its recipients. Internal to the engine.
#pragma once
#include "migrations/engine/requeue.hpp"

namespace dfi::migrations {

class GoingBack {
 public:
  /// `db`: the newer file, as it was attached as `was`.
  GoingBack(SQLite::Database& db, OlderFile& older) : db_(db), older_(older) {}
  /// Notes those new rows of the table for which its `requeue` holds. Parents before children.
  void add(const CarriedTable& table);
  /// Puts the rows into the older file.
  void settle();
  /// SQL on row `n` of the table: null if it was not to go back, empty if it went, else why not.
  std::string outcome(const CarriedTable& table) const;

 private:
  struct Link {
    std::size_t child, parent;  // in tables_
    Names from, to;
  };
  void find_links(std::size_t child);
  /// By the names of foreign_key_list; none: those of the parent's primary key.
  Names columns_of_parent(const std::string& parent, Names named) const;
  void put(std::size_t index);
  enum class Towards { child, parent };
  /// A row that belongs to one that stays here stays, too; for how many this is new.
  int pass(const Link& link, Towards towards);
  /// Along all links, as far as it goes. False: there was none.
  bool spread();

  SQLite::Database& db_;
  OlderFile& older_;
  std::vector<CarriedTable> tables_;
  std::vector<Link> links_;
  bool any_ = false;
};

/// `LEFT.A = RIGHT.A AND …`, of as many columns as there are.
std::string all_equal(const std::string& left, const Names& of_left, const std::string& right, const Names& of_right);
/// `OF.A, OF.B`
std::string listed(const Names& names, const std::string& of);
/// SQL on row `n` of the newer file's table: it was not there.
std::string is_new(const CarriedTable& table);

}  // namespace dfi::migrations
