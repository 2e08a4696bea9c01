// SPDX-License-Identifier: Apache-2.0
#include "steps/rehearsal_support.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/file_state.hpp"
#include "messages/rehearse.hpp"

namespace dfi::steps {
namespace {

// The very same release, by what its signed document says.
std::optional<Json> last_rehearsal(const Run& run) {
  for (const auto& earlier : run.journal().runs()) {
    if (earlier.verb != "rehearse" || earlier.outcome != Outcome::done) continue;
    const auto identity = run.journal().note(earlier.id, "identity");
    if (!identity || *identity != Json(run.note_text("identity"))) continue;
    auto rehearsal = run.journal().note(earlier.id, "rehearsal");
    if (rehearsal)
      for (auto& facts : rehearsal->at("files")) facts.erase("refusals");  // those stay with the rehearsal
    return rehearsal;
  }
  return std::nullopt;
}

const Json* facts_of(const Json& rehearsal, const std::string& file) {
  for (const auto& facts : rehearsal.at("files"))
    if (facts.at("file") == file) return &facts;
  return nullptr;
}

// A state that somebody wrote into while it was copied is none. The ctime goes with owners and links, too.
bool written_since(Json then, const fs::path& path) {
  if (then.is_null()) return true;
  auto now = file_state(path);
  for (auto* state : {&then, &now}) state->erase("ctime");
  return then != now;
}

void tell_changes(Run& run, const Json& facts, const std::string& digest, const DataFilePlan& plan) {
  const auto& name = plan.target.name;
  const auto grown = static_cast<std::int64_t>(plan.bytes) - facts.at("bytes").get<std::int64_t>();
  if (grown != 0) run.say(msg::rehearsal_grown, {{"file", name}, {"bytes", fmt::format("{:+}", grown)}});
  if (grown == 0 && written_since(facts.at("state"), plan.file.path)) run.say(msg::rehearsal_written, {{"file", name}});
  if (digest != facts.at("definitions")) run.warn(msg::rehearsal_other_definitions, {{"file", name}});
  const auto& known = facts.at("dependents");
  for (const auto& dependent : plan.dependents)
    if (std::find(known.begin(), known.end(), Json(dependent.type + " " + dependent.name)) == known.end())
      run.warn(msg::rehearsal_new_dependent, {{"file", name}, {"type", dependent.type}, {"name", dependent.name}});
}

}  // namespace

void tell_rehearsal(Run& run, const migrations::Catalogue& catalogue, const std::vector<DataFilePlan>& files) {
  if (run.note("rehearsed")) return;
  const auto rehearsal = last_rehearsal(run);
  run.note("rehearsed", rehearsal.value_or(nullptr));
  if (!rehearsal) return;
  run.say(msg::rehearsal_known, {{"at", rehearsal->at("at").get<std::string>()},
                                 {"seconds", fmt::format("{:.1f}", rehearsal->at("seconds").get<double>())},
                                 {"bad", rehearsal->at("bad").dump()}});
  for (const auto& plan : files) {
    if (!plan.converts()) continue;
    const auto digest = catalogue.digest(plan.file, plan.route);
    if (const auto* facts = facts_of(*rehearsal, plan.target.name))
      tell_changes(run, *facts, digest, plan);
    else
      run.warn(msg::rehearsal_other_definitions, {{"file", plan.target.name}});
  }
}

void compare_with_rehearsal(Run& run) {
  const auto rehearsal = run.note("rehearsed");
  auto seconds = run.seconds("gate", run.step);
  if (!seconds) seconds = run.journal().seconds(run.id(), "gate", "open");
  if (!rehearsal || rehearsal->is_null() || !seconds) return;
  run.say(msg::rehearsal_compared, {{"seconds", fmt::format("{:.1f}", *seconds)},
                                    {"predicted", fmt::format("{:.1f}", rehearsal->at("seconds").get<double>())}});
}

}  // namespace dfi::steps
