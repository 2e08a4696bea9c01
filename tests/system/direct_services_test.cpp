// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "base/durable.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "messages/system.hpp"
#include "sandbox.hpp"
#include "system/services.hpp"

namespace dfi::test {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

class Direct : public testing::Test {
 protected:
  Direct() : manager_(direct_services(box_.path, 5s)) {}
  ~Direct() override {
    if (const auto process = recorded()) {
      send_signal(*process, SIGKILL);
      wait_gone(*process, 5s);
    }
  }

  Service service(const std::string& manner) const {
    return {"faxmaild", "", helper({"serve", manner, box_.path}), 5, {}};
  }

  /// The services of this sandbox that really run.
  std::vector<Holder> processes() const {
    auto all = find_holders({fs::path(DFI_SYSTEM_HELPER).parent_path(), {}, {}}).holders;
    all.erase(std::remove_if(all.begin(), all.end(),
                             [&](const auto& h) { return h.command.find(box_.path.string()) == std::string::npos; }),
              all.end());
    return all;
  }

  std::optional<ProcessIdentity> recorded() const {
    const auto text = read_file_if_exists(record_file());
    if (!text) return std::nullopt;
    const auto json = parse_json(*text, record_file());
    if (!json.contains("process")) return std::nullopt;
    return ProcessIdentity::from_json(json["process"]);
  }
  fs::path record_file() const { return box_.path / "services/faxmaild.json"; }

  /// The error `work` ends with.
  static std::optional<Error> error_of(const std::function<void()>& work) {
    try {
      work();
      ADD_FAILURE() << "no error";
      return std::nullopt;
    } catch (const Error& e) {
      return e;
    }
  }

  Sandbox box_;
  std::unique_ptr<ServiceManager> manager_;
};

TEST_F(Direct, StartsWaitsForReadyAndStops) {
  const auto daemon = service("good");
  EXPECT_FALSE(manager_->running(daemon));
  manager_->start(daemon);
  EXPECT_TRUE(manager_->running(daemon));
  const auto process = recorded();
  ASSERT_TRUE(process && process->alive());
  EXPECT_THAT(read_file(box_.path / "services/faxmaild.log"), HasSubstr("service starts: good"));
  manager_->stop(daemon, 5s);
  EXPECT_FALSE(process->alive());
  EXPECT_FALSE(manager_->running(daemon));
  EXPECT_FALSE(fs::exists(record_file()));
}

TEST_F(Direct, StartsOnlyOnce) {
  manager_->start(service("good"));
  const auto first = recorded();
  manager_->start(service("good"));
  EXPECT_EQ(recorded(), first);
}

TEST_F(Direct, FindsTheServiceOfAnEarlierProgramRun) {
  manager_->start(service("good"));
  const auto process = recorded();
  const auto later = direct_services(box_.path);
  EXPECT_TRUE(later->running(service("good")));
  later->stop(service("good"), 5s);
  EXPECT_FALSE(process->alive());
}

TEST_F(Direct, StoppingWhatDoesNotRunIsNoError) { manager_->stop(service("good"), 1s); }

TEST_F(Direct, IsNotRunningAfterItWasKilledAndLeavesNoZombie) {
  manager_->start(service("good"));
  const auto process = recorded();
  ::kill(process->pid, SIGKILL);
  ASSERT_TRUE(wait_gone(*process, 5s));
  EXPECT_FALSE(manager_->running(service("good")));
  EXPECT_FALSE(fs::exists("/proc/" + std::to_string(process->pid)));
  manager_->start(service("good"));
  EXPECT_NE(recorded(), process);
}

TEST_F(Direct, IsNotConfusedByAnotherProcessWithTheRecordedNumber) {
  manager_->start(service("good"));
  const auto real = *recorded();
  auto json = parse_json(read_file(record_file()), record_file());
  auto other = ProcessIdentity::current();
  other.start_ticks -= 1;
  json["process"] = other.to_json();
  std::ofstream(record_file()) << json.dump();
  EXPECT_FALSE(manager_->running(service("good")));
  manager_->stop(service("good"), 1s);  // must not reach this test program
  send_signal(real, SIGKILL);
  wait_gone(real, 5s);
}

TEST_F(Direct, GivesUpOnAServiceThatRefusesToStop) {
  manager_->start(service("stubborn"));
  const auto error = error_of([&] { manager_->stop(service("stubborn"), 1s); });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->message().id, msg::service_not_stopped);
  EXPECT_EQ(error->exit_code(), 14);
  EXPECT_EQ(error->arg("pid"), std::to_string(recorded()->pid));
  EXPECT_TRUE(manager_->running(service("stubborn")));
}

TEST_F(Direct, ShowsTheLastOutputOfAServiceThatDiesAtStart) {
  box_.file("services/faxmaild.log", "output of last year\n");
  const auto error = error_of([&] { manager_->start(service("dies")); });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->message().id, msg::service_not_started);
  EXPECT_EQ(error->exit_code(), 16);
  EXPECT_EQ(error->arg("status"), "3");
  EXPECT_EQ(error->arg("output"), "service starts: dies\nFAXKA is damaged");
  EXPECT_FALSE(manager_->running(service("dies")));
  EXPECT_FALSE(fs::exists(record_file()));
}

TEST_F(Direct, EndsAServiceThatNeverBecomesReady) {
  manager_ = direct_services(box_.path, 300ms);
  const auto error = error_of([&] { manager_->start(service("mute")); });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->message().id, msg::service_not_ready);
  EXPECT_EQ(error->exit_code(), 16);
  EXPECT_FALSE(manager_->running(service("mute")));
  EXPECT_TRUE(processes().empty());
}

TEST_F(Direct, NamesAProgramThatCannotBeStarted) {
  auto missing = service("good");
  missing.command = {(box_.path / "no/such/program").string()};
  const auto error = error_of([&] { manager_->start(missing); });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->message().id, msg::service_not_started);
  EXPECT_THAT(error->arg("output"), HasSubstr("no/such/program: No such file"));
}

TEST_F(Direct, FindsAndReplacesAServiceWhoseStarterDiedBeforeItWasReady) {
  // The starter is killed at its first durable operation after the service was made: no record names the process.
  static fs::path log;
  log = box_.path / "services/faxmaild.log";
  const pid_t starter = ::fork();
  if (starter == 0) {
    durable::hook = [](std::string_view, const fs::path&) {
      if (fs::exists(log)) ::_exit(42);
    };
    manager_->start(service("good"));
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(starter, &status, 0);
  ASSERT_EQ(WEXITSTATUS(status), 42);
  ASSERT_FALSE(recorded().has_value());
  ASSERT_EQ(processes().size(), 1u);
  EXPECT_TRUE(manager_->running(service("good")));

  manager_->start(service("good"));
  ASSERT_EQ(processes().size(), 1u);
  EXPECT_EQ(processes()[0].process, recorded());
}

}  // namespace
}  // namespace dfi::test
