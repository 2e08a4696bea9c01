// SPDX-License-Identifier: Apache-2.0
#include "core/runner.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

#include "base/durable.hpp"
#include "core/evidence.hpp"
#include "messages/deadline.hpp"
#include "messages/run.hpp"

namespace dfi {
namespace {

constexpr auto direction_note = "direction";

// Errors of libraries and of the language: translated here, at one of the three places that catch.
template <class Work>
std::optional<Error> caught(Work work) {
  try {
    work();
    return std::nullopt;
  } catch (const Error& e) {
    return e;
  } catch (const std::exception& e) {
    return Error(msg::unexpected, {{"what", e.what()}});
  }
}

}  // namespace

bool Runner::reached(StepKind kind) const {
  for (std::size_t i = 0; i < plan_.size; ++i)
    if (plan_.steps[i].kind == kind) {
      auto mark = journal_.last_mark(run_.id(), plan_.steps[i].id, "");
      if (mark && *mark != Mark::reverted) return true;
    }
  return false;
}

// True while the product was neither closed nor touched.
bool Runner::nothing_changed() const {
  for (std::size_t i = 0; i < plan_.size; ++i)
    if (plan_.steps[i].kind != StepKind::prepare && journal_.last_mark(run_.id(), plan_.steps[i].id, "")) return false;
  return true;
}

// A step that suspends was begun. What a check finds at `resume` must not throw its finished work away.
bool Runner::was_suspended() const {
  for (std::size_t i = 0; i < plan_.size; ++i) {
    const auto& step = plan_.steps[i];
    if (step.on_failure == OnFailure::suspend && journal_.last_mark(run_.id(), step.id, "")) return true;
  }
  return false;
}

void Runner::apply(const Step& step, std::size_t number) {
  if (step.kind == StepKind::probe) {
    if (reached(StepKind::pivot)) return;
    run_.reporter().step(number, plan_.size, step.title);
    step.apply(run_);
    return;
  }
  const auto last = journal_.last_mark(run_.id(), step.id, "");
  if (last == Mark::done) return;
  if (!last) run_.begin_step();
  run_.reporter().step(number, plan_.size, step.title);
  journal_.mark(run_.id(), step.id, "", Mark::intent);
  step.apply(run_);
  journal_.mark(run_.id(), step.id, "", Mark::done);
}

RunResult Runner::execute() {
  if (run_.note_text(direction_note) == "back") {
    auto result = rollback();
    if (result.ending == Ending::rolled_back) result.exit_code = 31;  // what was asked for is the new state
    return result;
  }
  for (std::size_t i = 0; i < plan_.size; ++i) {
    const auto& step = plan_.steps[i];
    run_.step = step.id;
    auto error = caught([&] {
      if (!reached(StepKind::open)) run_.may_go_on();
      apply(step, i + 1);
    });
    if (error) return failed(step, error->during({msg::in_step, {{"step", step.id}}}));
  }
  journal_.end_run(run_.id(), Outcome::done);
  return {Ending::done, std::nullopt, std::nullopt, {}, 0, {}};
}

RunResult Runner::failed(const Step& step, const Error& error) {
  if (error.exit_code() == 0) {
    // "Already so": no failure, the wish is fulfilled.
    run_.say(error.message().id, error.message().args);
    if (auto stuck = caught([&] { revert_all(); })) {
      const auto evidence = gather_evidence(run_, step.id, &error, &*stuck);
      return {Ending::broken, stuck, std::nullopt, step.id, 32, keep_evidence(run_, evidence)};
    }
    journal_.end_run(run_.id(), Outcome::done);
    return {Ending::unchanged, std::nullopt, std::nullopt, step.id, 0, {}};
  }
  const auto evidence = gather_evidence(run_, step.id, &error, nullptr);
  // A full disk must not keep us from going back, nor from saying why.
  journal_.release_reserve();
  caught([&] { run_.log_error(error); });
  RunResult result{Ending::suspended, error, std::nullopt, step.id, 30, keep_evidence(run_, evidence)};
  const bool suspend = (step.on_failure == OnFailure::suspend || (step.kind == StepKind::probe && was_suspended())) &&
                       run_.input("on_failure") != "rollback" && error.message().id != msg::deadline_missed;
  if (reached(StepKind::open) || suspend) {
    if (!suspend) result.exit_code = error.exit_code();
    return result;
  }
  const bool untouched = nothing_changed();
  const bool activated = reached(StepKind::pivot) && step.kind == StepKind::after;
  result.recovery_error = caught([&] { revert_all(); });
  if (result.recovery_error) {
    const auto stuck = gather_evidence(run_, step.id, &error, &*result.recovery_error);
    caught([&] { run_.log_error(*result.recovery_error); });
    if (const auto kept = keep_evidence(run_, stuck)) result.evidence = kept;
    result.ending = Ending::broken;
    result.exit_code = 32;
    return result;
  }
  journal_.end_run(run_.id(), Outcome::rolled_back);
  result.ending = untouched ? Ending::unchanged : Ending::rolled_back;
  result.exit_code = untouched ? error.exit_code() : activated ? 33 : 31;
  return result;
}

void Runner::revert_all() {
  // From here on every later command goes back, never half forward again.
  run_.note(direction_note, "back");
  for (std::size_t i = plan_.size; i-- > 0;) {
    const auto& step = plan_.steps[i];
    if (step.kind == StepKind::probe) continue;
    auto mark = journal_.last_mark(run_.id(), step.id, "");
    if (!mark || *mark == Mark::reverted) continue;
    run_.step = step.id;
    if (step.revert) {
      run_.reporter().reverting(step.title);
      journal_.mark(run_.id(), step.id, "", Mark::reverting);
      step.revert(run_);
    }
    journal_.mark(run_.id(), step.id, "", Mark::reverted);
  }
}

RunResult Runner::rollback() {
  if (reached(StepKind::open)) throw Error(msg::past_open, {{"run", run_.name()}});
  journal_.release_reserve();
  if (auto error = caught([&] { revert_all(); })) {
    const auto evidence = gather_evidence(run_, run_.step, nullptr, &*error);
    caught([&] { run_.log_error(*error); });
    return {Ending::broken, error, std::nullopt, run_.step, 32, keep_evidence(run_, evidence)};
  }
  journal_.end_run(run_.id(), Outcome::rolled_back);
  return {Ending::rolled_back, std::nullopt, std::nullopt, {}, 0, {}};
}

RunLock RunLock::take(const Layout& layout) {
  make_state_directory(layout);
  Fd fd(::open(layout.run_lock().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  if (!fd) throw os_error("open", layout.run_lock());
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) throw os_error("flock", layout.run_lock());
    Args args{{"run", "?"}, {"pid", "?"}, {"since", "?"}};
    if (auto journal = Journal::open(layout.journal(), false))
      if (auto run = journal->unfinished())
        args = {{"run", run->name()}, {"pid", std::to_string(run->owner.pid)}, {"since", run->started}};
    throw Error(msg::run_active, args);
  }
  return RunLock(std::move(fd));
}

}  // namespace dfi
