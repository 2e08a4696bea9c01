// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/unique_keys.hpp"

#include <algorithm>

#include "migrations/records/hex.hpp"

namespace dfi::migrations {

Json state_of(const records::KeyRun& run) {
  return {{"any", run.any}, {"rising", run.rising}, {"last", records::to_hex(run.last)}};
}

records::KeyRun key_run_of(const Json& state) {
  records::KeyRun run;
  run.any = state.at("any").get<bool>();
  run.rising = state.at("rising").get<bool>();
  run.last = records::from_hex(state.at("last").get<std::string>());
  return run;
}

std::vector<std::size_t> steps_with_unique_keys(const records::Program& program) {
  std::vector<std::size_t> steps;
  for (std::size_t i = 0; i < program.steps().size(); ++i) {
    const auto& step = program.steps()[i];
    bool allowed = std::any_of(step.allow.begin(), step.allow.end(), [&](const auto& allowance) {
      return allowance.duplicates &&
             std::find(step.unique.begin(), step.unique.end(), allowance.field) != step.unique.end();
    });
    if (!step.unique.empty() && !allowed) steps.push_back(i);
  }
  return steps;
}

}  // namespace dfi::migrations
