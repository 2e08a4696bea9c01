// SPDX-License-Identifier: Apache-2.0
// Inside of Journal, for its two source files only.
#pragma once
#include <sqlite3.h>

#include <string>

#include "base/database.hpp"
#include "base/durable.hpp"
#include "core/journal.hpp"
#include "messages/journal.hpp"

namespace dfi {

// A journal that cannot be read is more than a database that cannot: it is told what that means, and the way out.
template <class Work>
auto with_journal(const fs::path& path, Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const SQLite::Exception& e) {
    if (const int code = e.getErrorCode() & 0xff; code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
      throw Error(msg::journal_damaged, {{"path", path.string()}, {"reason", e.what()}});
    throw_database_failed(path, e.what());
  }
}

struct Journal::State {
  fs::path path;
  SQLite::Database db;

  // Of its format; one of a newer dfinstall is refused.
  int level();
  // Brings it to the format of this dfinstall.
  void prepare();

  // One statement is one durable transaction.
  template <class... Values>
  void execute(const char* sql, const Values&... values) {
    durable::announce("journal", path);
    with_journal(path, [&] {
      SQLite::Statement statement(db, sql);
      int column = 1;
      (statement.bind(column++, values), ...);
      statement.exec();
    });
  }
};

constexpr const char* mark_words[] = {"intent", "done", "reverting", "reverted"};

inline const char* word(Mark mark) { return mark_words[static_cast<int>(mark)]; }

inline Mark mark_from(const std::string& text) {
  for (const auto mark : {Mark::intent, Mark::done, Mark::reverting})
    if (text == word(mark)) return mark;
  return Mark::reverted;
}

}  // namespace dfi
