// SPDX-License-Identifier: Apache-2.0
#include "system/proc_locks.hpp"

#include <sys/sysmacros.h>

#include <algorithm>
#include <cstdio>
#include <limits>
#include <set>
#include <sstream>

#include "system/proc_facts.hpp"

namespace dfi::proc {
namespace {

// The bytes SQLite locks in a database file (os.h), in this order: PENDING, RESERVED, the SHARED range …
constexpr std::uint64_t pending_byte = 1073741824, shared_first = pending_byte + 2, shared_last = shared_first + 509;
// … and in its -shm file (wal.c: the lock area of the index header).
constexpr std::uint64_t wal_first = 120, wal_last = 128;

bool covers(const Lock& lock, std::uint64_t first, std::uint64_t last) {
  return lock.first <= last && lock.last >= first;
}

/// The state of a connection that this lock shows. The kernel joins neighbouring ranges: the strongest word counts.
std::string database_word(const Lock& lock) {
  if (lock.first < pending_byte || lock.last > shared_last) return {};
  if (covers(lock, shared_first, shared_last)) return lock.write ? "EXCLUSIVE" : "SHARED";
  return lock.first == pending_byte ? "PENDING" : "RESERVED";
}

std::string wal_words(const Lock& lock) {
  if (lock.first < wal_first || lock.last > wal_last) return {};
  std::string words = "WAL";
  if (covers(lock, 120, 120)) words += " writer";
  if (covers(lock, 121, 121)) words += " checkpoint";
  if (covers(lock, 122, 122)) words += " recovery";
  if (covers(lock, 123, 127)) words += " reader";
  if (covers(lock, 128, 128)) words += " open";
  return words;
}

}  // namespace

std::optional<Lock> parse_lock(std::string_view line) {
  std::istringstream fields{std::string(line)};
  std::string word;
  fields >> word;
  if (!word.empty() && word.back() == ':') fields >> word;
  if (word == "->") return std::nullopt;
  Lock lock{word == "OFDLCK" ? "OFD" : word, false, 0, {}, 0, 0};
  std::string sort, mode, place, first, last;
  if (!(fields >> sort >> mode >> lock.pid >> place >> first >> last)) return std::nullopt;
  unsigned major = 0, minor = 0;
  unsigned long inode = 0;
  if (std::sscanf(place.c_str(), "%x:%x:%lu", &major, &minor, &inode) != 3) return std::nullopt;
  lock.write = mode == "WRITE";
  lock.file = {makedev(major, minor), inode};
  lock.first = std::stoull(first);
  lock.last = last == "EOF" ? std::numeric_limits<std::uint64_t>::max() : std::stoull(last);
  return lock;
}

std::vector<Lock> all_locks() {
  std::vector<Lock> locks;
  std::istringstream lines(slurp("/proc/locks"));
  for (std::string line; std::getline(lines, line);)
    if (auto lock = parse_lock(line)) locks.push_back(*lock);
  return locks;
}

std::vector<Lock> locks_of_fdinfo(const std::string& fdinfo) {
  std::vector<Lock> locks;
  std::istringstream lines(fdinfo);
  for (std::string line; std::getline(lines, line);)
    if (line.rfind("lock:", 0) == 0)
      if (auto lock = parse_lock(line.substr(5))) locks.push_back(*lock);
  return locks;
}

std::string lock_words(const std::vector<Lock>& locks, const fs::path& file) {
  const auto name = file.string();
  const bool shm = name.size() > 4 && name.compare(name.size() - 4, 4, "-shm") == 0;
  std::set<std::string> writes, reads;
  for (const auto& lock : locks) {
    auto text = lock.type + (lock.write ? " write" : " read");
    const bool by_range = lock.type == "POSIX" || lock.type == "OFD";
    const auto sqlite = !by_range ? std::string() : shm ? wal_words(lock) : database_word(lock);
    if (!sqlite.empty()) text += " (SQLite " + sqlite + ")";
    (lock.write ? writes : reads).insert(text);
  }
  std::string result;
  for (const auto* texts : {&writes, &reads})
    for (const auto& text : *texts) result += (result.empty() ? "" : ", ") + text;
  return result;
}

}  // namespace dfi::proc
