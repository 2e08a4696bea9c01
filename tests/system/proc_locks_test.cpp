// SPDX-License-Identifier: Apache-2.0
#include "system/proc_locks.hpp"

#include <gtest/gtest.h>
#include <sys/sysmacros.h>

#include <limits>

namespace dfi::proc {
namespace {

TEST(ProcLocks, ReadALineOfTheKernel) {
  const auto lock = parse_lock("5: POSIX  ADVISORY  WRITE 14041 fe:1a:10987778 1073741825 1073741825");
  ASSERT_TRUE(lock.has_value());
  EXPECT_EQ(lock->type, "POSIX");
  EXPECT_TRUE(lock->write);
  EXPECT_EQ(lock->pid, 14041);
  EXPECT_EQ(lock->file, (FileKey{makedev(0xfe, 0x1a), 10987778}));
  EXPECT_EQ(lock->first, 1073741825u);
}

TEST(ProcLocks, ReadOfdLocksThatHaveNoPid) {
  const auto lock = parse_lock("1: OFDLCK ADVISORY  READ -1 00:1b:7 0 EOF");
  ASSERT_TRUE(lock.has_value());
  EXPECT_EQ(lock->type, "OFD");
  EXPECT_EQ(lock->pid, -1);
  EXPECT_EQ(lock->last, std::numeric_limits<std::uint64_t>::max());
}

TEST(ProcLocks, LeaveOutWhoOnlyWaits) {
  EXPECT_FALSE(parse_lock("1: -> POSIX  ADVISORY  WRITE 77 fe:00:1 0 EOF").has_value());
  EXPECT_FALSE(parse_lock("").has_value());
  EXPECT_FALSE(parse_lock("1: POSIX ADVISORY WRITE").has_value());
}

std::string words(const std::string& type, const std::string& mode, const std::string& range, const std::string& file) {
  return lock_words({*parse_lock(type + " ADVISORY " + mode + " 1 fe:00:1 " + range)}, file);
}

TEST(ProcLocks, SpeakSqlitesWordsForItsBytes) {
  EXPECT_EQ(words("POSIX", "READ", "1073741826 1073742335", "F"), "POSIX read (SQLite SHARED)");
  EXPECT_EQ(words("POSIX", "WRITE", "1073741825 1073741825", "F"), "POSIX write (SQLite RESERVED)");
  EXPECT_EQ(words("POSIX", "WRITE", "1073741824 1073741825", "F"), "POSIX write (SQLite PENDING)");
  EXPECT_EQ(words("POSIX", "WRITE", "1073741824 1073742335", "F"), "POSIX write (SQLite EXCLUSIVE)");
  EXPECT_EQ(words("OFD", "WRITE", "120 120", "F-shm"), "OFD write (SQLite WAL writer)");
  EXPECT_EQ(words("POSIX", "READ", "124 124", "F-shm"), "POSIX read (SQLite WAL reader)");
  EXPECT_EQ(words("POSIX", "WRITE", "120 128", "F"), "POSIX write");
  EXPECT_EQ(words("POSIX", "WRITE", "0 EOF", "F"), "POSIX write");
  EXPECT_EQ(words("FLOCK", "WRITE", "0 EOF", "F"), "FLOCK write");
}

}  // namespace
}  // namespace dfi::proc
