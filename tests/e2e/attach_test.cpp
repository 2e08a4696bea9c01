// SPDX-License-Identifier: Apache-2.0
// A run belongs to its process, not to a terminal: it outlives one, and `attach` shows it again.
#include <gmock/gmock.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "messages/cli.hpp"
#include "messages/run.hpp"
#include "messages/support.hpp"
#include "tests/support/product.hpp"

namespace dfi::test {
namespace {

using ::testing::HasSubstr;

bool has_open(pid_t pid, const std::string& name) {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/proc/" + std::to_string(pid) + "/fd", none))
    if (fs::read_symlink(entry.path(), none).filename() == name) return true;
  return false;
}

struct Attach : ::testing::Test {
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(host.install_100()); }
  Words update() { return {"update", host.release("1.10").string()}; }
  std::unique_ptr<Child> paused_update() {
    auto child =
        std::make_unique<Child>(host.words(update(), DFI_CRASH_PROGRAM), Words{"DFI_PAUSE_AT=.dfinstall/2/DEMOLOG"});
    EXPECT_TRUE(child->stopped());
    return child;
  }
  Words attach_words() const {
    auto words = host.words({"attach"});
    words.pop_back();  // --json
    return words;
  }
  Host host;
};

TEST_F(Attach, ShowsTheRunAgainAndEndsWithIt) {
  auto run = paused_update();
  Child attached(attach_words());
  ASSERT_TRUE(attached.says("2 (update)"));
  run->kill(SIGCONT);
  const auto shown = attached.wait();
  EXPECT_TRUE(ended(run->wait()));
  EXPECT_EQ(shown.exit, 0);
  EXPECT_THAT(shown.err, HasSubstr("Convert")) << "its step";
  EXPECT_THAT(shown.err, HasSubstr("DEMOSTAT")) << "its items";
  EXPECT_THAT(shown.err, HasSubstr("1.10.g")) << "what it says";
  EXPECT_THAT(shown.out, HasSubstr(std::string(message_id(msg::run_done))));
}

TEST_F(Attach, EndsWithTheExitCodeOfTheRun) {
  host.execute("DEMOSTAT", "INSERT INTO DEMOSTAT VALUES(9, '20209999')");
  auto run = paused_update();
  Child attached(host.words({"attach"})), witness(attach_words());
  while (!has_open(attached.pid(), "journal.db")) ::usleep(1000);
  ASSERT_TRUE(witness.says("2 (update)"));
  run->kill(SIGCONT);
  const auto exit = run->wait().exit;
  const auto shown = attached.wait();
  EXPECT_EQ(exit, 30);
  EXPECT_EQ(shown.exit, 30);
  EXPECT_EQ(witness.wait().exit, 30);
  EXPECT_EQ(shown.json()["ending"], "suspended");
  EXPECT_EQ(shown.json()["run"], 2);
  EXPECT_THAT(shown.json()["log"].dump(), HasSubstr("verify_failed"));
}

TEST_F(Attach, LeftByCtrlCTheRunGoesOn) {
  auto run = paused_update();
  Child attached(attach_words());
  ASSERT_TRUE(attached.says("2 (update)"));
  attached.kill(SIGINT);
  const auto left = attached.wait();
  EXPECT_EQ(left.exit, 7);
  EXPECT_THAT(left.err, HasSubstr(std::string(message_id(msg::attach_left))));
  run->kill(SIGCONT);
  EXPECT_TRUE(ended(run->wait()));
}

TEST_F(Attach, SaysThatARunWasKilled) {
  auto run = paused_update();
  Child attached(attach_words());
  ASSERT_TRUE(attached.says("2 (update)"));
  run->kill(SIGKILL);
  run->wait();
  const auto shown = attached.wait();
  EXPECT_EQ(shown.exit, 30);
  EXPECT_THAT(shown.err, HasSubstr(std::string(message_id(msg::attached_run_died))));
}

TEST_F(Attach, WithNothingInWorkNamesTheEndingOfTheLastRun) {
  auto idle = host.dfinstall({"attach"});
  EXPECT_TRUE(ended(idle, 105, msg::nothing_in_work));
  EXPECT_EQ(idle.json()["last_run"]["id"], 1);
  EXPECT_EQ(idle.json()["last_run"]["ending"], "done");
  EXPECT_THAT(host.text({"attach"}).err, HasSubstr("1 (update)"));
  host.execute("DEMOSTAT", "INSERT INTO DEMOSTAT VALUES(9, '20209999')");
  EXPECT_EQ(host.dfinstall(update()).exit, 30);
  idle = host.dfinstall({"attach"});
  EXPECT_TRUE(ended(idle, 105, msg::nothing_in_work));
  EXPECT_EQ(idle.json()["last_run"]["ending"], "suspended");
}

// A real terminal that is closed in the middle, as a lost ssh session does it: SIGHUP, and errors at every write.
TEST_F(Attach, ARunOutlivesItsTerminal) {
  auto words = host.words(update(), DFI_CRASH_PROGRAM);
  words.pop_back();  // --json: it draws on its terminal
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  int terminal = -1;
  const pid_t pid = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  ASSERT_GE(pid, 0);
  if (pid == 0) {
    ::setenv("DFI_PAUSE_AT", ".dfinstall/2/DEMOLOG", 1);
    ::setenv("TERM", "xterm", 1);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, WUNTRACED), pid);
  ASSERT_TRUE(WIFSTOPPED(status));
  ::close(terminal);
  Child attached(attach_words());
  ASSERT_TRUE(attached.says("2 (update)")) << "another terminal";
  ::kill(pid, SIGCONT);
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(attached.wait().exit, 0);
  EXPECT_EQ(host.status()["version"], "1.10");
  EXPECT_TRUE(host.status()["unfinished_run"].is_null());
}

}  // namespace
}  // namespace dfi::test
