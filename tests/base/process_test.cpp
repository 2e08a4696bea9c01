// SPDX-License-Identifier: Apache-2.0
#include "base/process.hpp"

#include <signal.h>
#include <unistd.h>

#include "tests/base/scratch.hpp"

namespace dfi::test {
namespace {

using Processes = Scratch;

TEST_F(Processes, AreIdentifiedByMoreThanTheirNumber) {
  auto self = ProcessIdentity::current();
  EXPECT_TRUE(self.alive());
  EXPECT_EQ(ProcessIdentity::from_json(self.to_json()), self);
  auto earlier = self, other_boot = self;
  earlier.start_ticks -= 1;
  other_boot.boot_id = "another";
  EXPECT_FALSE(earlier.alive());
  EXPECT_FALSE(other_boot.alive());
  EXPECT_FALSE(send_signal(earlier, 0));
}

TEST_F(Processes, GiveBackStatusAndOutput) {
  auto result = run_program({"sh", "-c", "echo out; echo err >&2; exit 5"});
  EXPECT_EQ(result.status, 5);
  EXPECT_NE(result.output.find("out"), std::string::npos);
  EXPECT_NE(result.output.find("err"), std::string::npos);
  EXPECT_EQ(run_program({"sh", "-c", "kill -9 $$"}).status, 128 + 9);
  EXPECT_EQ(error_of([] { run_program({"/no/such/program"}); }), "process_failed");
}

TEST_F(Processes, OutliveTheirStarterInASessionOfTheirOwnAndEndOnASignal) {
  auto process = spawn_detached({"sleep", "60"}, {}, path("log").string());
  EXPECT_TRUE(process.alive());
  EXPECT_EQ(::getsid(process.pid), process.pid);
  EXPECT_TRUE(send_signal(process, SIGTERM));
  EXPECT_TRUE(wait_gone(process, std::chrono::seconds(5)));
  EXPECT_FALSE(process.alive());
}

}  // namespace
}  // namespace dfi::test
