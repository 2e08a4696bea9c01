// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gmock/gmock.h>
#include <pwd.h>

#include <algorithm>

#include "base/database.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "messages/system.hpp"
#include "sandbox.hpp"
#include "system/system.hpp"

namespace dfi::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Holders : public testing::Test {
 protected:
  Holders() : data_(box_.file("data/FAXSTAT")) {
    fs::create_directories(tree());
    query_ = {tree(), {data_}, {"DFAX[0-9]{4}", "INTRADEV", "TCPSERVER"}};
  }
  fs::path tree() const { return box_.path / "opt/directfax"; }

  fs::path program(const std::string& name) const {
    const auto path = tree() / "releases/5.91.g1/bin" / name;
    fs::create_directories(path.parent_path());
    fs::copy_file(DFI_SYSTEM_HELPER, path);
    return path;
  }

  std::vector<Holder> rows_of(pid_t pid) const {
    auto rows = find_holders(query_).holders;
    rows.erase(std::remove_if(rows.begin(), rows.end(), [&](const auto& h) { return h.process.pid != pid; }),
               rows.end());
    return rows;
  }

  /// The one row of this process, else a failure that lists them all.
  Holder only_row_of(const Child& child) const {
    const auto rows = rows_of(child.pid());
    if (rows.size() == 1) return rows[0];
    ADD_FAILURE() << rows.size() << " rows";
    for (const auto& row : rows) ADD_FAILURE() << row.to_json().dump();
    return {};
  }

  Holder row_for(const Child& child, const fs::path& path) const {
    for (const auto& row : rows_of(child.pid()))
      if (row.path == path) return row;
    ADD_FAILURE() << "no row for " << path;
    return {};
  }

  void make_database() const {
    fs::remove(data_);
    open_database(data_, Access::create).exec("CREATE TABLE T(A)");
  }

  Sandbox box_;
  fs::path data_;
  HolderQuery query_;
};

TEST_F(Holders, AreNoneWhereNobodyIs) { EXPECT_TRUE(find_holders(query_).holders.empty()); }

TEST_F(Holders, NameProcessUserCommandAndStart) {
  const Child child(helper({"open", data_}));
  const auto row = only_row_of(child);
  EXPECT_EQ(row.hold, Hold::opens_file);
  EXPECT_EQ(row.path, data_);
  EXPECT_TRUE(row.process.alive());
  EXPECT_THAT(row.command, HasSubstr("open " + data_.string()));
  EXPECT_EQ(row.user, ::getpwuid(::geteuid())->pw_name);
  EXPECT_THAT(row.started, testing::MatchesRegex("20..-..-..T..:..:..Z"));
  const auto now = std::time(nullptr);
  std::tm started{};
  ::strptime(row.started.c_str(), "%Y-%m-%dT%H:%M:%SZ", &started);
  EXPECT_NEAR(static_cast<double>(::timegm(&started)), static_cast<double>(now), 5.0);
  EXPECT_EQ(row.tty, "");
  EXPECT_EQ(row.to_json()["hold"], "opens_file");
}

TEST_F(Holders, NameTheTerminal) {
  const Child child(helper({"open", data_}), true);
  EXPECT_THAT(only_row_of(child).tty, StartsWith("pts/"));
}

TEST_F(Holders, ShowPosixLocks) {
  const Child writer(helper({"posix", data_, "write"}));
  const auto row = only_row_of(writer);
  EXPECT_EQ(row.hold, Hold::locks_file);
  EXPECT_EQ(row.lock_kind, "POSIX write");
}

TEST_F(Holders, ShowOwnersOfOfdLocksThatTheKernelListsWithoutPid) {
  const Child reader(helper({"ofd", data_, "read"}));
  EXPECT_EQ(only_row_of(reader).lock_kind, "OFD read");
  EXPECT_EQ(find_holders(query_).holders.size(), 1u);
}

TEST_F(Holders, ShowFlockLocks) {
  const Child child(helper({"flock", data_}));
  EXPECT_EQ(only_row_of(child).lock_kind, "FLOCK write");
}

TEST_F(Holders, ShowLeases) {
  const Child child(helper({"lease", data_}));
  EXPECT_EQ(only_row_of(child).lock_kind, "LEASE read");
}

TEST_F(Holders, ShowAnIdleConnectionThatHoldsNoLock) {
  make_database();
  const Child child(helper({"sqlite", data_, "DELETE"}));
  const auto row = only_row_of(child);
  EXPECT_EQ(row.hold, Hold::opens_file);
  EXPECT_EQ(row.lock_kind, "");
}

TEST_F(Holders, ShowAnIdleWalConnectionByTheWordsOfSqlite) {
  make_database();
  const Child child(helper({"sqlite", data_, "WAL"}));
  const auto base = row_for(child, data_), shm = row_for(child, data_.string() + "-shm");
  EXPECT_EQ(base.lock_kind, "POSIX read (SQLite SHARED)");
  EXPECT_EQ(shm.hold, Hold::locks_file);
  EXPECT_THAT(shm.lock_kind, HasSubstr("open)"));
  EXPECT_EQ(row_for(child, data_.string() + "-wal").hold, Hold::opens_file);
}

TEST_F(Holders, ShowAWriteTransactionAsReserved) {
  make_database();
  const Child child(helper({"sqlite", data_, "DELETE", "BEGIN IMMEDIATE"}));
  EXPECT_EQ(row_for(child, data_).lock_kind, "POSIX write (SQLite RESERVED), POSIX read (SQLite SHARED)");
}

TEST_F(Holders, ShowAnExclusiveTransaction) {
  make_database();
  const Child child(helper({"sqlite", data_, "DELETE", "BEGIN EXCLUSIVE"}));
  EXPECT_EQ(row_for(child, data_).lock_kind, "POSIX write (SQLite EXCLUSIVE)");
}

TEST_F(Holders, ShowAWalWriter) {
  make_database();
  const Child child(helper({"sqlite", data_, "WAL", "BEGIN IMMEDIATE"}));
  EXPECT_THAT(row_for(child, data_.string() + "-shm").lock_kind, HasSubstr("WAL writer"));
}

TEST_F(Holders, ShowAMappedFileWhoseDescriptorIsClosed) {
  const Child child(helper({"map", data_}));
  EXPECT_EQ(only_row_of(child).hold, Hold::maps_file);
}

TEST_F(Holders, ShowADataFileThatWasReplacedMeanwhile) {
  const Child reader(helper({"open", data_})), mapper(helper({"map", data_}));
  fs::rename(box_.file("data/new"), data_);
  for (const auto* child : {&reader, &mapper}) {
    const auto row = only_row_of(*child);
    EXPECT_EQ(row.path, data_);
    EXPECT_TRUE(row.deleted);
  }
}

TEST_F(Holders, ShowADataFileOpenedByAnotherName) {
  fs::create_hard_link(data_, box_.path / "other name");
  fs::create_symlink(data_, box_.path / "link");
  const Child by_link(helper({"open", box_.path / "other name"})), by_symlink(helper({"open", box_.path / "link"}));
  EXPECT_EQ(only_row_of(by_link).path, data_);
  EXPECT_EQ(only_row_of(by_symlink).path, data_);
}

TEST_F(Holders, ShowProgramsOfTheTree) {
  const auto path = program("faxmaild");
  const Child child({path, "run"});
  const auto row = only_row_of(child);
  EXPECT_EQ(row.hold, Hold::runs_object);
  EXPECT_EQ(row.path, path);
  EXPECT_FALSE(row.deleted);
}

TEST_F(Holders, ShowProgramsThatWereDeleted) {
  const auto path = program("faxmaild");
  const Child child({path, "run"});
  fs::remove(path);
  const auto row = only_row_of(child);
  EXPECT_EQ(row.hold, Hold::runs_object);
  EXPECT_EQ(row.path, path);
  EXPECT_TRUE(row.deleted);
}

TEST_F(Holders, ShowScriptsOfTheTreeByTheirOwnName) {
  const auto script = box_.file("opt/directfax/bin/faxarchive", "#!/bin/sh -e\necho ready\nread line\n");
  fs::permissions(script, fs::perms::owner_all);
  const Child child({script, "now"});
  const auto row = only_row_of(child);
  EXPECT_EQ(row.hold, Hold::runs_object);
  EXPECT_EQ(row.path, script);
}

TEST_F(Holders, ShowMappedObjectsOfTheTree) {
  const auto message_file = box_.file("opt/directfax/share/de.cat");
  const Child child(helper({"map", message_file}));
  const auto row = only_row_of(child);
  EXPECT_EQ(row.hold, Hold::maps_file);
  EXPECT_EQ(row.path, message_file);
}

TEST_F(Holders, ShowWhoOnlyWorksInTheTree) {
  fs::create_directories(tree() / "releases");
  const Child child(helper({"cwd", tree() / "releases"}));
  EXPECT_EQ(only_row_of(child).hold, Hold::works_there);
}

TEST_F(Holders, ShowASessionInTheTreeWithItsTerminal) {
  fs::create_directories(tree() / "releases");
  const Child child(helper({"cwd", tree() / "releases"}), true);
  const auto row = only_row_of(child);
  EXPECT_EQ(row.hold, Hold::works_there);
  EXPECT_THAT(row.tty, StartsWith("pts/"));
}

TEST_F(Holders, ShowJobsByTheirWholeName) {
  const Child server(helper({"name", "DFAX0042"})), device(helper({"name", "INTRADEV"}));
  const Child too_short(helper({"name", "DFAX42"})), too_long(helper({"name", "DFAX00421"}));
  EXPECT_EQ(only_row_of(server).hold, Hold::job_name);
  EXPECT_EQ(only_row_of(device).hold, Hold::job_name);
  EXPECT_TRUE(rows_of(too_short.pid()).empty());
  EXPECT_TRUE(rows_of(too_long.pid()).empty());
}

TEST_F(Holders, SurviveProcessNamesThatLookLikeStatFields) {
  const Child child(helper({"name", ") R 1 (\n"}));
  query_.job_patterns = {"\\) R 1 \\([^]*"};
  EXPECT_EQ(only_row_of(child).process.pid, child.pid());
}

TEST_F(Holders, LeaveOutThisProcessUnlessItHoldsADataFile) {
  query_.job_patterns = {".*"};
  EXPECT_TRUE(rows_of(::getpid()).empty());
  EXPECT_TRUE(rows_of(::getppid()).empty());
  const Fd open(::open(data_.c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(rows_of(::getpid()).size(), 1u);
  EXPECT_EQ(rows_of(::getpid())[0].hold, Hold::opens_file);
}

TEST_F(Holders, AreForgottenWhenTheyEnd) {
  { const Child child(helper({"posix", data_, "write"})); }
  EXPECT_TRUE(find_holders(query_).holders.empty());
}

TEST_F(Holders, RefuseABrokenJobPattern) {
  query_.job_patterns = {"DFAX["};
  try {
    find_holders(query_);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.message().id, msg::job_pattern_malformed);
    EXPECT_EQ(e.arg("pattern"), "DFAX[");
  }
}

TEST_F(Holders, TellAnOrdinaryUserHowManyProcessesHeCannotSeeAndStillNameLocks) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to become another user";
  const Child child(helper({"posix", data_, "write"}));
  const pid_t looker = ::fork();
  if (looker == 0) {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(3);
    const auto report = find_holders(query_);
    const bool named = report.holders.size() == 1 && report.holders[0].process.pid == child.pid() &&
                       report.holders[0].lock_kind == "POSIX write" && report.holders[0].user == "root";
    ::_exit(report.unreadable == 0 ? 1 : named ? 0 : 2);
  }
  int status = 0;
  ::waitpid(looker, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace dfi::test
