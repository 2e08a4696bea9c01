// SPDX-License-Identifier: Apache-2.0
// endjobs: services are asked, jobs of the product are ended, persons and strangers only by their number.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>

#include "messages/system.hpp"
#include "tests/support/product.hpp"

namespace dfi::test {
namespace {

using ::testing::HasSubstr;

struct EndJobs : ::testing::Test {
  void SetUp() override {
    // Job names count on the whole machine, so this one is this test's own.
    job = host.directory() / ("J" + host.directory().extension().string().substr(1));
    replace_in(host.source("1.00") / "product.toml", "DEMO[0-9]{4}", job.filename().string());
    ASSERT_NO_FATAL_FAILURE(host.install_100());
  }
  /// A program under the name of a job of the product.
  Words hung_job(const std::string& program, const std::string& arguments) const {
    fs::copy_file(program, job, fs::copy_options::skip_existing);
    return {"bash", "-c", "trap '' TERM; echo ready; exec -a demo_engine " + job.string() + " " + arguments};
  }
  Words job_that_ends() const { return hung_job(DFI_ENGINE, "open " + host.key().string()); }
  /// sleep does not heed TERM if its shell did not.
  Words stubborn_job() const { return hung_job("/bin/sleep", "600"); }
  Words editor() const { return {DFI_ENGINE, "open", host.data("DEMOSTAT").string()}; }
  /// A command on a terminal of its own, on which nobody presses a key.
  Words on_terminal(const std::string& command) const {
    const auto keyboard = (host.root() / "keyboard").string();
    ::mkfifo(keyboard.c_str(), 0600);
    // Opened for both, it never ends.
    return {"bash", "-c", "exec script -qec '" + command + "' /dev/null <> " + keyboard};
  }
  static std::vector<std::string> pids(const Json& rows) {
    std::vector<std::string> numbers;
    for (const auto& row : rows) numbers.push_back(std::to_string(row["pid"].get<int>()));
    return numbers;
  }

  Host host;
  fs::path job;
};

TEST_F(EndJobs, StopsServicesAndEndsJobsOfTheProduct) {
  Child hung(job_that_ends());
  ASSERT_TRUE(hung.says("ready\nready"));
  auto finished = host.dfinstall({"endjobs"});
  ASSERT_TRUE(ended(finished));
  EXPECT_EQ(finished.json()["stopped"], Json({"demod", "demomon"}));
  EXPECT_EQ(pids(finished.json()["ended"]), std::vector{std::to_string(hung.pid())});
  EXPECT_EQ(finished.json()["ended"][0]["signal"], "TERM");
  EXPECT_EQ(host.service_pid("demod"), 0);
  EXPECT_TRUE(ended(host.dfinstall({"check"})));
  EXPECT_TRUE(ended(host.dfinstall({"endjobs"}))) << "nothing to do is no error";
}

TEST_F(EndJobs, NamesAJobThatStaysAndKillsItWithImmed) {
  Child hung(stubborn_job());
  ASSERT_TRUE(hung.says("ready"));
  auto stayed = host.dfinstall({"endjobs", "--wait", "1"});
  EXPECT_TRUE(ended(stayed, 14, msg::jobs_stayed));
  EXPECT_EQ(pids(stayed.json()["stayed"]), std::vector{std::to_string(hung.pid())});
  auto killed = host.dfinstall({"endjobs", "--wait", "0", "--immed"});
  EXPECT_TRUE(ended(killed));
  EXPECT_EQ(killed.json()["ended"][0]["signal"], "KILL");
  EXPECT_EQ(hung.wait().exit, 128 + SIGKILL);
}

TEST_F(EndJobs, KillsAServiceThatDoesNotStopWithImmed) {
  write(host.root() / "stubborn", "");
  EXPECT_TRUE(ended(host.dfinstall({"endjobs", "--wait", "1"}), 14, msg::jobs_stayed));
  EXPECT_NE(host.service_pid("demod"), 0);
  EXPECT_TRUE(ended(host.dfinstall({"endjobs", "--wait", "1", "--immed"})));
  EXPECT_EQ(host.service_pid("demod"), 0);
}

TEST_F(EndJobs, LeavesAStrangerAloneUntilHeIsAskedForByNumber) {
  Child stranger(editor());
  ASSERT_TRUE(stranger.says("ready"));
  auto finished = host.dfinstall({"endjobs", "--immed", "--wait", "1"});
  EXPECT_TRUE(ended(finished, 14, msg::jobs_stayed));
  EXPECT_EQ(pids(finished.json()["stayed"]), std::vector{std::to_string(stranger.pid())});
  EXPECT_THAT(host.text({"endjobs", "--wait", "0"}).out, HasSubstr("DEMOSTAT"));
  ASSERT_TRUE(ended(host.dfinstall({"endjobs", std::to_string(stranger.pid())})));
  EXPECT_EQ(stranger.wait().exit, 0);
}

TEST_F(EndJobs, LeavesAPersonAtATerminalAloneUntilAskedForByNumber) {
  auto at_terminal = job_that_ends();
  Child terminal(
      {"script", "-qec", "bash -c '" + at_terminal[2].substr(at_terminal[2].find("echo")) + "'", "/dev/null"});
  ASSERT_TRUE(terminal.says("ready\r\nready"));
  auto finished = host.dfinstall({"endjobs", "--immed", "--wait", "1"});
  ASSERT_TRUE(ended(finished, 14, msg::jobs_stayed));
  const auto person = finished.json()["stayed"][0];
  EXPECT_THAT(person["tty"].get<std::string>(), HasSubstr("pts/"));
  EXPECT_TRUE(ended(host.dfinstall({"endjobs", std::to_string(person["pid"].get<int>())})));
}

TEST_F(EndJobs, ByNumberEndsNobodyElse) {
  Child first(editor()), second(editor());
  ASSERT_TRUE(first.says("ready") && second.says("ready"));
  const auto finished = host.dfinstall({"endjobs", std::to_string(first.pid())});
  EXPECT_TRUE(ended(finished)) << "who was not asked for is no failure";
  EXPECT_THAT(pids(finished.json()["stayed"]), ::testing::Contains(std::to_string(second.pid())));
  EXPECT_EQ(first.wait().exit, 0);
  EXPECT_EQ(::kill(second.pid(), 0), 0);
  EXPECT_NE(host.service_pid("demod"), 0);
}

TEST_F(EndJobs, ByNumberEndsAlsoTheShellOfAPersonWhichHeedsNoTerm) {
  const auto tree = fs::canonical(host.current()).string();
  const std::string shell = "cd " + tree + " && exec bash --norc -i";
  Child terminal(on_terminal(shell));
  Json rows;
  for (int i = 0; i < 200 && rows.empty(); ++i) {
    const auto document = host.dfinstall({"locks"}).json();
    for (const auto& row : document["holders"])
      if (row["details"]["hold"] == "works_there" && row["details"]["command"] == "bash --norc -i") rows.push_back(row);
  }
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_TRUE(ended(host.dfinstall({"endjobs", rows[0]["details"]["pid"].dump()})));
  terminal.wait();
}

TEST_F(EndJobs, RefusesANumberThatHoldsNothingAndEndsNobody) {
  Child bystander({"sleep", "600"}), stranger(editor());
  ASSERT_TRUE(stranger.says("ready"));
  auto finished = host.dfinstall({"endjobs", std::to_string(stranger.pid()), std::to_string(bystander.pid())});
  EXPECT_TRUE(ended(finished, 2, msg::job_not_holder));
  EXPECT_EQ(finished.json()["error"]["args"]["pid"], std::to_string(bystander.pid()));
  EXPECT_EQ(::kill(bystander.pid(), 0), 0);
  EXPECT_EQ(::kill(stranger.pid(), 0), 0);
  EXPECT_NE(host.service_pid("demod"), 0);
}

TEST_F(EndJobs, CheckWatchesUntilTheHolderIsGone) {
  Child stranger(editor());
  ASSERT_TRUE(stranger.says("ready"));
  Child page(on_terminal(DFI_PROGRAM " --root " + host.root().string() + " check --watch"));
  ASSERT_TRUE(page.says("DFI2010"));
  stranger.kill(SIGTERM);
  const auto finished = page.wait();
  EXPECT_EQ(finished.exit, 0);
  EXPECT_THAT(finished.out.substr(finished.out.rfind("\x1b[2J")), ::testing::Not(HasSubstr("DFI2010")));
}

}  // namespace
}  // namespace dfi::test
