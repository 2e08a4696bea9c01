// SPDX-License-Identifier: Apache-2.0
// What is kept at the instant of a failure, before anything is cleaned up.
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include "messages/conversion.hpp"
#include "messages/support.hpp"
#include "tests/support/product.hpp"

namespace dfi::test {
namespace {

using ::testing::HasSubstr;

struct Evidence : ::testing::Test {
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(host.install_100()); }
  Finished update() { return host.dfinstall({"update", host.release("1.10").string()}); }
  static Json evidence_of(const Finished& finished) {
    const fs::path path = finished.json().value("evidence", "");
    EXPECT_FALSE(path.empty()) << finished.out;
    return path.empty() ? Json::object() : parse_json(read_file(path), path);
  }
  Host host;
};

TEST_F(Evidence, OfAnAbortedConversionIsTakenWhileEverythingIsStillAsItWas) {
  host.execute("DEMOSTAT", "INSERT INTO DEMOSTAT VALUES(9, '20209999')");
  // Somebody reads a data file that gates nothing.
  Child reader({DFI_ENGINE, "open", host.data("DEMOAREA").string()});
  ASSERT_TRUE(reader.says("ready"));
  const auto finished = update();
  ASSERT_TRUE(ended(finished, 30, msg::verify_failed));
  const auto evidence = evidence_of(finished);
  EXPECT_EQ(evidence["run"], 2);
  EXPECT_EQ(evidence["verb"], "update");
  EXPECT_EQ(evidence["step"], "convert");
  EXPECT_EQ(evidence["error"]["name"], "verify_failed");
  EXPECT_FALSE(evidence["error"]["trail"].empty());
  EXPECT_TRUE(evidence["recovery_error"].is_null());
  EXPECT_THAT(evidence["holders"]["seen"].dump(), HasSubstr("\"pid\":" + std::to_string(reader.pid())));
  EXPECT_THAT(evidence["locks"].dump(), HasSubstr("run.lock"));
  EXPECT_THAT(evidence["locks"].dump(), HasSubstr("gate.lock")) << "the gate is still held";
  ASSERT_EQ(evidence["file_systems"].size(), 5u);
  EXPECT_EQ(evidence["file_systems"][1]["path"], (host.root() / "var/opt/demoprod").string());
  EXPECT_GT(evidence["file_systems"][1]["free_bytes"], 0);
  ASSERT_EQ(evidence["services"].size(), 2u);
  EXPECT_EQ(evidence["services"][0]["name"], "demod");
  EXPECT_EQ(evidence["services"][0]["running"], false);
  EXPECT_EQ(evidence["versions"]["installed"]["version"], "1.00");
  EXPECT_THAT(evidence["versions"]["kernel"].get<std::string>(), HasSubstr("Linux"));
  EXPECT_THAT(evidence["log"].dump(), HasSubstr("service_stopped"));
  EXPECT_EQ(evidence["abort_reports"], Json({host.state("aborts/2-DEMOSTAT.txt").string()}));
  EXPECT_THAT(host.log_names(), HasSubstr("evidence_kept"));
}

TEST_F(Evidence, OfAFailedStartHoldsTheLastWordsOfTheService) {
  write(host.source("1.10") / "objects/share/behaviour.txt", "fail-start\n");
  const auto finished = update();
  ASSERT_TRUE(ended(finished, 33)) << "taken back";
  const auto evidence = evidence_of(finished);
  EXPECT_EQ(evidence["step"], "start");
  EXPECT_EQ(evidence["versions"]["installed"]["version"], "1.10") << "before the way back";
  EXPECT_EQ(host.status()["version"], "1.00");
  EXPECT_THAT(evidence["services"][0]["output"].get<std::string>(), HasSubstr("part 7 of 9 is missing"));
}

TEST_F(Evidence, OfAFullDiskTellsItAndLeavesTheCauseAndTheWayBackAlone) {
  if (::geteuid() != 0) GTEST_SKIP() << "a small file system can be mounted by root only";
  const auto before = host.state_now();
  // All of dfinstall's own state on a small file system, which somebody else fills up.
  const auto state = host.root() / "var/opt/dfinstall/demoprod", aside = host.directory() / "aside";
  fs::rename(state, aside);
  fs::create_directories(state);
  ASSERT_TRUE(ended(run({"mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", state.string()})));
  struct Unmount {
    fs::path at;
    ~Unmount() { run({"umount", "-l", at.string()}); }
  } unmount{state};
  ASSERT_TRUE(ended(run({"cp", "-a", aside.string() + "/.", state.string()})));
  const auto ballast = state / "ballast";
  Child update(host.words({"update", host.release("1.10").string()}, DFI_CRASH_PROGRAM), {"DFI_PAUSE_AT=/backups/"});
  ASSERT_TRUE(update.stopped());
  run({"dd", "if=/dev/zero", "of=" + ballast.string(), "bs=64k", "status=none"});
  update.kill(SIGCONT);
  const auto finished = update.wait();
  EXPECT_EQ(finished.exit, 31) << finished.out << finished.err;
  EXPECT_EQ(finished.json()["error"]["name"], "backup_failed");
  EXPECT_EQ(difference(before, host.state_now()), "");
  const auto evidence = evidence_of(finished);
  EXPECT_EQ(evidence["error"], finished.json()["error"]);
  EXPECT_THAT(evidence["error"].dump(), HasSubstr("is full"));
  EXPECT_EQ(evidence["file_systems"][3]["what"], "state");
  EXPECT_EQ(evidence["file_systems"][3]["type"], "tmpfs");
  EXPECT_LT(evidence["file_systems"][3]["free_bytes"], 64 << 10);
  EXPECT_EQ(evidence["file_systems"][3]["mount_point"], state.string());
  host.end_processes();
}

TEST_F(Evidence, OfAWayBackThatFailsHoldsBothErrors) {
  host.execute("DEMOSTAT", "INSERT INTO DEMOSTAT VALUES(9, '20209999')");
  const auto stopped = host.data(".dfinstall/2");
  Child update(host.words({"update", host.release("1.10").string(), "--on-failure=rollback"}, DFI_CRASH_PROGRAM),
               {"DFI_PAUSE_AT=.dfinstall/2/DEMOSTAT"});
  ASSERT_TRUE(update.stopped());
  // Its own directory turns into a mount point, which the way back cannot remove.
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  fs::create_directories(stopped / "busy");
  ASSERT_TRUE(ended(run({"mount", "-t", "tmpfs", "tmpfs", (stopped / "busy").string()})));
  update.kill(SIGCONT);
  const auto finished = update.wait();
  run({"umount", (stopped / "busy").string()});
  ASSERT_EQ(finished.exit, 32) << finished.out << finished.err;
  const auto evidence = evidence_of(finished);
  EXPECT_EQ(evidence["error"]["name"], "verify_failed");
  EXPECT_EQ(evidence["step"], "convert");
  EXPECT_EQ(evidence["recovery_step"], "convert");
  EXPECT_EQ(evidence["recovery_error"]["id"], finished.json()["recovery_error"]["id"]);
  EXPECT_EQ(fs::path(finished.json()["evidence"].get<std::string>()).filename(), "2-2.json");
  EXPECT_TRUE(ended(host.dfinstall({"rollback"}))) << "the cause is cured";
}

}  // namespace
}  // namespace dfi::test
