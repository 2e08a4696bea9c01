// SPDX-License-Identifier: Apache-2.0
// The runner on a plan of its own: what is called, in which order, after which kind of failure.
#include "core/runner.hpp"

#include <map>
#include <memory>

#include "base/durable.hpp"
#include "messages/run.hpp"
#include "messages/step.hpp"
#include "tests/base/scratch.hpp"

namespace dfi::test {
namespace {

std::string called;                  // "+a +b -b …"
std::map<std::string, int> failing;  // step or item → how often it still fails

void maybe_fail(const std::string& what) {
  if (failing[what] > 0 && failing[what]--) throw Error(msg::version_malformed, {{"version", what}});
}
void work(const std::string& what) {
  called += "+" + what + " ";
  maybe_fail(what);
}
void back(const std::string& what) {
  called += "-" + what + " ";
  maybe_fail("-" + what);
}
template <char name>
void apply(Run&) {
  work({name});
}
template <char name>
void revert(Run&) {
  back({name});
}
void apply_items(Run& run) {
  called += "+i ";
  run.each({"1", "2", "3"}, [](const std::string& item) { work(item); });
}
void revert_items(Run& run) {
  called += "-i ";
  run.each_back([](const std::string& item) { back(item); });
}

constexpr Msg title = msg::step_check;
constexpr Step steps[] = {
    {"probe", title, StepKind::probe, apply<'p'>, nullptr},
    {"prepare", title, StepKind::prepare, apply<'a'>, revert<'a'>},
    {"change", title, StepKind::change, apply<'b'>, revert<'b'>},
    {"items", title, StepKind::change, apply_items, revert_items, OnFailure::suspend},
    {"pivot", title, StepKind::pivot, apply<'c'>, revert<'c'>},
    {"after", title, StepKind::after, apply<'d'>, revert<'d'>},
    {"open", title, StepKind::open, apply<'e'>, nullptr},
    {"commit", title, StepKind::open, apply<'f'>, nullptr},
};
static_assert(well_formed(steps));
constexpr Plan plan = make_plan("update", steps);

// What no plan may be.
constexpr Step two_pivots[] = {{"a", title, StepKind::pivot, apply<'a'>, revert<'a'>},
                               {"b", title, StepKind::pivot, apply<'b'>, revert<'b'>}};
constexpr Step change_behind[] = {{"a", title, StepKind::pivot, apply<'a'>, revert<'a'>},
                                  {"b", title, StepKind::change, apply<'b'>, nullptr}};
constexpr Step no_way_back[] = {{"a", title, StepKind::pivot, apply<'a'>, nullptr}};
constexpr Step same_name[] = {{"a", title, StepKind::probe, apply<'a'>, nullptr},
                              {"a", title, StepKind::change, apply<'b'>, nullptr}};
static_assert(!well_formed(two_pivots) && !well_formed(change_behind) && !well_formed(no_way_back) &&
              !well_formed(same_name));

struct Silence : Reporter {
  void step(std::size_t, std::size_t, Msg) override {}
  void reverting(Msg) override {}
  void item(const std::string&) override {}
  void say(const std::string&, const Message&) override {}
  void progress(std::uint64_t, std::uint64_t) override {}
};

struct RunnerTest : Scratch {
  RunnerTest() : layout(directory_, "demo") {
    durable::make_directories(layout.state());
    called.clear();
    failing.clear();
    journal = std::make_unique<Journal>(*Journal::open(layout.journal(), true));
    id = journal->begin_run("update", inputs);
  }
  // As a new process: nothing but the journal is known.
  RunResult execute() {
    return with([](Runner& r) { return r.execute(); });
  }
  RunResult rollback() {
    return with([](Runner& r) { return r.rollback(); });
  }
  template <class Work>
  RunResult with(Work work_with) {
    called.clear();
    dfi::Run run(id, "update", inputs, layout, *journal, *services, reporter);
    Runner runner(plan, run, *journal);
    return work_with(runner);
  }
  bool finished() { return !journal->unfinished(); }

  Layout layout;
  Json inputs = Json::object();
  std::unique_ptr<Journal> journal;
  std::unique_ptr<ServiceManager> services = service_manager(directory_, layout.state());
  Silence reporter;
  int id = 0;
};

TEST_F(RunnerTest, GoesThroughAllStepsOnce) {
  auto result = execute();
  EXPECT_EQ(result.ending, Ending::done);
  EXPECT_EQ(called, "+p +a +b +i +1 +2 +3 +c +d +e +f ");
  EXPECT_TRUE(finished());
}

TEST_F(RunnerTest, FailedBeforeAnyChangeIsUnchanged) {
  failing["a"] = 1;
  auto result = execute();
  EXPECT_EQ(result.ending, Ending::unchanged);
  EXPECT_EQ(result.exit_code, 2) << "that of the cause";
  EXPECT_EQ(called, "+p +a -a ");
  EXPECT_TRUE(finished());
}

TEST_F(RunnerTest, FailedInAChangeGoesBackInReverseOrder) {
  failing["b"] = 1;
  auto result = execute();
  EXPECT_EQ(result.ending, Ending::rolled_back);
  EXPECT_EQ(result.exit_code, 31);
  EXPECT_EQ(called, "+p +a +b -b -a ");
  EXPECT_TRUE(finished());
}

TEST_F(RunnerTest, SuspendsAndResumesAtExactlyTheFailedItem) {
  failing["2"] = 2;
  auto result = execute();
  EXPECT_EQ(result.ending, Ending::suspended);
  EXPECT_EQ(result.exit_code, 30);
  EXPECT_EQ(result.failed_step, "items");
  EXPECT_FALSE(finished());
  EXPECT_EQ(execute().ending, Ending::suspended);
  EXPECT_EQ(called, "+p +i +2 ");
  EXPECT_EQ(execute().ending, Ending::done);
  EXPECT_EQ(called, "+p +i +2 +3 +c +d +e +f ");
}

TEST_F(RunnerTest, RollsASuspendedRunBackBegunItemsLastFirst) {
  failing["2"] = 1;
  execute();
  auto result = rollback();
  EXPECT_EQ(result.ending, Ending::rolled_back);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(called, "-i -2 -1 -b -a ");
  EXPECT_TRUE(finished());
}

TEST_F(RunnerTest, OnRequestGoesBackInsteadOfSuspending) {
  inputs = {{"on_failure", "rollback"}};
  failing["2"] = 1;
  auto result = execute();
  EXPECT_EQ(result.ending, Ending::rolled_back);
  EXPECT_EQ(result.exit_code, 31);
}

TEST_F(RunnerTest, FailedAfterThePivotGoesBackByItself) {
  failing["d"] = 1;
  auto result = execute();
  EXPECT_EQ(result.ending, Ending::rolled_back);
  EXPECT_EQ(result.exit_code, 33);
  EXPECT_EQ(called, "+p +a +b +i +1 +2 +3 +c +d -d -c -i -3 -2 -1 -b -a ");
}

TEST_F(RunnerTest, OpenedToUsersOnlyGoesForward) {
  failing["f"] = 1;
  EXPECT_EQ(execute().ending, Ending::suspended);
  EXPECT_FALSE(finished());
  EXPECT_EQ(error_of([&] { rollback(); }), "past_open");
  EXPECT_EQ(execute().ending, Ending::done);
  EXPECT_EQ(called, "+f ") << "probes run again only before the pivot";
}

TEST_F(RunnerTest, ABrokenWayBackIsContinuedByResumeAndNeverTurnsForwardAgain) {
  failing["b"] = 1;
  failing["-a"] = 1;
  auto result = execute();
  EXPECT_EQ(result.ending, Ending::broken);
  EXPECT_EQ(result.exit_code, 32);
  ASSERT_TRUE(result.recovery_error);
  EXPECT_FALSE(finished());
  result = execute();
  EXPECT_EQ(result.ending, Ending::rolled_back);
  EXPECT_EQ(called, "-a ");
  EXPECT_TRUE(finished());
}

TEST_F(RunnerTest, KeepsEvidenceOfTheInstantOfTheFailureBeforeItGoesBack) {
  failing["b"] = 1;
  const auto result = execute();
  ASSERT_TRUE(result.evidence);
  EXPECT_EQ(*result.evidence, layout.evidence() / (std::to_string(id) + "-1.json"));
  const auto evidence = parse_json(read_file(*result.evidence), *result.evidence);
  EXPECT_EQ(evidence.at("run"), id);
  EXPECT_EQ(evidence.at("step"), "change");
  EXPECT_EQ(evidence.at("error").at("name"), "version_malformed");
  EXPECT_EQ(evidence.at("error").at("trail").size(), 1u);
  EXPECT_TRUE(evidence.at("recovery_error").is_null());
  EXPECT_EQ(evidence.at("file_systems").size(), 5u);
  EXPECT_GT(evidence.at("file_systems")[0].at("free_inodes"), 0);
  for (const char* part : {"holders", "locks", "services", "log", "versions"}) EXPECT_TRUE(evidence.contains(part));
}

TEST_F(RunnerTest, EvidenceOfABrokenWayBackHoldsBothErrors) {
  failing["b"] = 1;
  failing["-a"] = 2;
  auto result = execute();
  ASSERT_TRUE(result.evidence);
  auto evidence = parse_json(read_file(*result.evidence), *result.evidence);
  EXPECT_EQ(result.evidence->filename(), std::to_string(id) + "-2.json");
  EXPECT_EQ(evidence.at("error").at("args").at("version"), "b");
  EXPECT_EQ(evidence.at("recovery_error").at("args").at("version"), "-a");
  EXPECT_EQ(evidence.at("recovery_step"), "prepare");
  result = rollback();
  ASSERT_TRUE(result.evidence);
  evidence = parse_json(read_file(*result.evidence), *result.evidence);
  EXPECT_TRUE(evidence.at("error").is_null());
  EXPECT_EQ(evidence.at("recovery_error").at("args").at("version"), "-a");
}

TEST_F(RunnerTest, EvidenceThatCannotBeKeptReplacesNoCauseAndStopsNoWayBack) {
  file(fs::relative(layout.evidence(), directory_).string(), "a file where the directory should be");
  failing["b"] = 1;
  const auto result = execute();
  EXPECT_FALSE(result.evidence);
  EXPECT_EQ(result.ending, Ending::rolled_back);
  EXPECT_EQ(result.error->message().id, msg::version_malformed);
}

TEST_F(RunnerTest, EvidenceIsBoundedAndKeepsTheNewestLines) {
  for (int i = 0; i < 300; ++i) journal->log(id, "info", {msg::unexpected, {{"what", std::string(4000, 'x')}}});
  journal->log(id, "info", {msg::unexpected, {{"what", "last"}}});
  failing["b"] = 1;
  const auto result = execute();
  ASSERT_TRUE(result.evidence);
  EXPECT_LE(fs::file_size(*result.evidence), 256u << 10);
  const auto log = parse_json(read_file(*result.evidence), *result.evidence).at("log");
  EXPECT_GT(log.size(), 1u);
  EXPECT_EQ(log.back().at("args").at("what"), "last");
}

TEST_F(RunnerTest, ASignalEndsItBetweenTwoSteps) {
  interrupted_by = 15;
  auto result = execute();
  EXPECT_EQ(result.ending, Ending::unchanged);
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->message().id, msg::interrupted);
  EXPECT_EQ(called, "");
}

TEST_F(RunnerTest, TheLockNamesTheRunThatHoldsIt) {
  auto lock = RunLock::take(layout);
  EXPECT_EQ(error_of([&] { RunLock::take(layout); }), "run_active");
  { auto moved = std::move(lock); }
  EXPECT_EQ(error_of([&] { RunLock::take(layout); }), "nothing");
}

}  // namespace
}  // namespace dfi::test
