// SPDX-License-Identifier: Apache-2.0
// One entry of the bench input as values, before it becomes a record or a row.
#pragma once
#include <cstdint>
#include <string>

namespace bench {

struct Entry {
  std::int64_t id = 0;
  char status = 'S';
  int date = 0, time = 0;                   // 20200811, 123456
  std::string user, name, number, subject;  // UTF-8, of characters that Latin-1 has
  int pages = 0, seconds = 0, retries = 0;  // of a cancelled fax -1
  std::int64_t cost = 0;                    // hundredths; negative: a credit
  std::string mail;
  bool preferred_plus = false;  // packed numbers say plus as C instead of F: both stand in old files
};

/// The entry with this number (from 1 on), into an object that is used again. Same number, same entry.
void make_entry(std::uint64_t number, Entry& entry);

}  // namespace bench
