// SPDX-License-Identifier: Apache-2.0
// What stands in the data files: the same business in every level, by the names of fields and columns. A level takes
// the values it has a place for.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "tests/history/chance.hpp"

namespace dfi::history {

using Values = std::vector<std::pair<std::string, std::string>>;

/// A record (no table), or a row of a table.
struct Row {
  std::string table;
  Values values;
};

/// How the level writes things.
struct Style {
  int level = 0;
  bool host = false;  // record file of the old system, else SQLite
  bool euro = false;  // its code page has the euro
};

/// How many records a file of a directory of `records` has.
unsigned record_count(const std::string& file, unsigned records);
/// Record `number` (from 1 on) of a data file. Keys rise with the number.
std::vector<Row> facts(const std::string& file, unsigned number, const Style& style, Chance& chance);

// facts_jobs.cpp: the files that grow with every fax.
std::vector<Row> job(unsigned number, const Style& style, Chance& chance);
std::vector<Row> attempt(unsigned number, const Style& style, Chance& chance);
std::vector<Row> archived(unsigned number, const Style& style, Chance& chance);
/// Number of the n-th job: some were deleted.
inline unsigned job_number(unsigned n) { return n + n / 10; }
/// "2000-02-29"
std::string day(unsigned number);
std::string time_of_day(Chance& chance);
/// The first `length` characters of a UTF-8 text, or the text again and again up to there.
std::string fill(const std::string& text, std::size_t length);

}  // namespace dfi::history
