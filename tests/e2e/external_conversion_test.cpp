// SPDX-License-Identifier: Apache-2.0
// A release that brings a conversion as a program: packed, signed, delivered, run, verified.
#include <gmock/gmock.h>
#include <signal.h>

#include <chrono>
#include <thread>

#include "base/file.hpp"
#include "messages/external.hpp"
#include "tests/support/product.hpp"

namespace dfi::test {
namespace {

using ::testing::HasSubstr;

struct ReleaseWithAProgram : ::testing::Test {
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(host.install_100());
    write(definitions / "CVTLOG2.toml",
          "name = \"CVTLOG2\"\nfile = \"DEMOLOG\"\nfrom = 1\nto = 2\nkind = \"external\"\nprogram = \"cvtlog2\"\n");
  }
  /// `before`: shell that runs before the work. $2 is the data file, $4 the shadow.
  void program(const std::string& before) const {
    fs::create_directories(definitions / "programs");
    write(definitions / "programs/cvtlog2",
          "#!/bin/sh\n" + before + "\nsqlite3 \"$2\" \".backup '$4'\" && sqlite3 \"$4\" \"" +
              "CREATE TABLE DEMOLOG_new(LGID INTEGER PRIMARY KEY, LGTEXT TEXT NOT NULL, LGSIZE INTEGER NOT NULL);"
              "INSERT INTO DEMOLOG_new SELECT LGID, LGTEXT, length(LGTEXT) FROM DEMOLOG;"
              "DROP TABLE DEMOLOG; ALTER TABLE DEMOLOG_new RENAME TO DEMOLOG; PRAGMA user_version = 2\"\n");
  }
  Words update() { return {"update", host.release("1.10").string()}; }
  Host host;
  fs::path definitions = host.source("1.10") / "definitions/1.10";
};

TEST_F(ReleaseWithAProgram, ConvertsByIt) {
  program("echo '{\"done\": 1, \"total\": 2}' >&3");
  ASSERT_TRUE(ended(host.dfinstall(update())));
  EXPECT_EQ(host.query("DEMOLOG", "SELECT count(*) FROM DEMOLOG WHERE LGSIZE = length(LGTEXT)"), "2");
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
}

TEST_F(ReleaseWithAProgram, ThatRefusesSuspendsTheRunAndRollbackBringsTheOldProduct) {
  program("echo no >&2; exit 10");
  const auto before = host.query("DEMOLOG", "SELECT group_concat(LGTEXT) FROM DEMOLOG");
  const auto finished = host.dfinstall(update());
  ASSERT_TRUE(ended(finished, 30, msg::external_bad_data));
  EXPECT_THAT(finished.json()["error"]["args"].dump(), HasSubstr("CVTLOG2"));
  ASSERT_TRUE(ended(host.dfinstall({"rollback"})));
  EXPECT_EQ(host.query("DEMOLOG", "SELECT group_concat(LGTEXT) FROM DEMOLOG"), before);
}

TEST_F(ReleaseWithAProgram, IsStartedAgainAfterDfinstallWasKilledMeanwhile) {
  // The first time it waits for the end that will not come; the second time the mark is there.
  const auto mark = host.directory() / "mark";
  program("if [ ! -e '" + mark.string() + "' ]; then touch '" + mark.string() + "'; exec sleep 20; fi");
  Child killed(host.words(update()));
  for (int tenths = 0; !fs::exists(mark) && tenths < 300; ++tenths)
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  ASSERT_TRUE(fs::exists(mark));
  killed.kill(SIGKILL);
  killed.wait();
  ASSERT_TRUE(ended(host.dfinstall({"resume"})));
  EXPECT_EQ(host.query("DEMOLOG", "SELECT count(*) FROM DEMOLOG"), "2");
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
}

}  // namespace
}  // namespace dfi::test
