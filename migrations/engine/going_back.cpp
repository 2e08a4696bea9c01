// SPDX-License-Identifier: Apache-2.0
// The rows are noted in tables of the connection's own, one for each table of the file: their key, why one stays here
// (empty: it goes), and of which table the row is that was refused itself.
#include "migrations/engine/going_back.hpp"

#include <fmt/core.h>
#include <sqlite3.h>

#include <algorithm>

namespace dfi::migrations {
namespace {

std::string noted(std::size_t index) { return fmt::format("temp.going_back_{}", index); }

Names noted_key(const CarriedTable& table) {
  Names names;
  for (std::size_t i = 0; i < table.key.size(); ++i) names.push_back(fmt::format("k{}", i));
  return names;
}

}  // namespace

std::string all_equal(const std::string& left, const Names& of_left, const std::string& right, const Names& of_right) {
  std::string text;
  for (std::size_t i = 0; i < of_left.size(); ++i)
    text += fmt::format("{}{}.{} = {}.{}", i == 0 ? "" : " AND ", left, quote_name(of_left[i]), right,
                        quote_name(of_right[i]));
  return text;
}

std::string listed(const Names& names, const std::string& of) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + of + "." + quote_name(name);
  return text;
}

std::string is_new(const CarriedTable& table) {
  if (!table.comparable) return "true";
  return fmt::format("NOT EXISTS(SELECT 1 FROM was.{} o WHERE {})", quote_name(table.name),
                     all_equal("o", table.key, "n", table.key));
}

void GoingBack::add(const CarriedTable& table) {
  const auto index = tables_.size();
  tables_.push_back(table);
  std::string columns;
  for (const auto& name : noted_key(table)) columns += name + ", ";
  db_.exec(
      fmt::format("CREATE TEMP TABLE going_back_{}({}why TEXT NOT NULL DEFAULT '', origin TEXT NOT NULL DEFAULT '',"
                  " PRIMARY KEY({})) WITHOUT ROWID",
                  index, columns, columns.substr(0, columns.size() - 2)));
  any_ |= db_.exec(fmt::format("INSERT INTO {}({}) SELECT {} FROM main.{} n WHERE {} AND ({})", noted(index),
                               columns.substr(0, columns.size() - 2), listed(table.key, "n"), quote_name(table.name),
                               is_new(table), table.requeue)) > 0;
  find_links(index);
}

void GoingBack::find_links(std::size_t child) {
  SQLite::Statement keys(
      db_, "SELECT id, \"table\", \"from\", \"to\" FROM pragma_foreign_key_list(?, 'main') ORDER BY id, seq");
  keys.bind(1, tables_[child].name);
  std::vector<std::pair<std::string, Link>> found;
  int id = -1;
  while (keys.executeStep()) {
    if (keys.getColumn(0).getInt() != id) found.push_back({keys.getColumn(1).getString(), {child, 0, {}, {}}});
    id = keys.getColumn(0).getInt();
    found.back().second.from.push_back(keys.getColumn(2).getString());
    if (!keys.getColumn(3).isNull()) found.back().second.to.push_back(keys.getColumn(3).getString());
  }
  for (auto& [parent, link] : found) {
    const auto at = std::find_if(tables_.begin(), tables_.end(), [&, &name = parent](const CarriedTable& table) {
      return sqlite3_stricmp(name.c_str(), table.name.c_str()) == 0;
    });
    if (at == tables_.end()) continue;  // none of its rows goes back
    link.parent = static_cast<std::size_t>(at - tables_.begin());
    link.to = columns_of_parent(at->name, std::move(link.to));
    links_.push_back(std::move(link));
  }
}

Names GoingBack::columns_of_parent(const std::string& parent, Names named) const {
  if (!named.empty()) return named;
  SQLite::Statement key(db_, "SELECT name FROM pragma_table_info(?, 'main') WHERE pk > 0 ORDER BY pk");
  key.bind(1, parent);
  while (key.executeStep()) named.push_back(key.getColumn(0).getString());
  return named;
}

// A row that is refused makes those stay that belong to it: again without them, until each that is put in has its own.
void GoingBack::settle() {
  if (!any_) return;
  older_.mark();
  for (;;) {
    for (std::size_t i = 0; i < tables_.size(); ++i) {
      for (const auto& link : links_)
        if (link.child == i) pass(link, Towards::child);
      put(i);
    }
    if (!spread()) return;
    older_.undo();
  }
}

void GoingBack::put(std::size_t index) {
  const auto& table = tables_[index];
  const auto key = noted_key(table);
  SQLite::Statement rows(
      db_, fmt::format("SELECT 0, {}, {} FROM main.{} n WHERE EXISTS(SELECT 1 FROM {} g WHERE g.why = '' "
                       "AND {}) ORDER BY {}",
                       listed(table.key, "n"), listed(table.columns, "n"), quote_name(table.name), noted(index),
                       all_equal("g", key, "n", table.key), listed(table.key, "n")));
  std::string where;
  for (const auto& name : key) where += (where.empty() ? "" : " AND ") + name + " = ?";
  SQLite::Statement refused(db_, fmt::format("UPDATE {} SET why = ? WHERE {}", noted(index), where));
  while (rows.executeStep()) {
    const auto reason = older_.take(table, rows);
    if (reason.empty()) continue;
    refused.reset();
    refused.bind(1, reason);
    for (int i = 0; i < static_cast<int>(key.size()); ++i)
      bind_value(refused, 2 + i, rows.getColumn(CarriedTable::key_at + i));
    refused.exec();
  }
}

int GoingBack::pass(const Link& link, Towards towards) {
  const bool down = towards == Towards::child;
  const auto &child = tables_[link.child], &parent = tables_[link.parent];
  SQLite::Statement update(
      db_, fmt::format(
               "UPDATE {} AS t SET why = f.why, origin = iif(f.origin = '', ?, f.origin) FROM {} AS f, main.{} AS c, "
               "main.{} AS p WHERE t.why = '' AND f.why <> '' AND {} AND {} AND {}",
               noted(down ? link.child : link.parent), noted(down ? link.parent : link.child), quote_name(child.name),
               quote_name(parent.name), all_equal("c", link.from, "p", link.to),
               all_equal(down ? "t" : "f", noted_key(child), "c", child.key),
               all_equal(down ? "f" : "t", noted_key(parent), "p", parent.key)));
  update.bind(1, (down ? parent : child).name);
  return update.exec();
}

bool GoingBack::spread() {
  bool any = false;
  for (int more = 1; more > 0; any |= more > 0) {
    more = 0;
    for (const auto& link : links_) more += pass(link, Towards::child) + pass(link, Towards::parent);
  }
  return any;
}

std::string GoingBack::outcome(const CarriedTable& table) const {
  for (std::size_t i = 0; i < tables_.size(); ++i)
    if (tables_[i].name == table.name)
      return fmt::format(
          "(SELECT iif(g.origin = '', g.why, 'goes with a row of ' || g.origin || ' that is not taken: ' || "
          "g.why) FROM {} g WHERE {})",
          noted(i), all_equal("g", noted_key(table), "n", table.key));
  return "NULL";
}

}  // namespace dfi::migrations
