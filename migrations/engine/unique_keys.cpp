// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/unique_keys.hpp"

#include <algorithm>

#include "migrations/records/hex.hpp"

namespace dfi::migrations {

void KeyRun::add(std::string_view key) {
  if (!rising_) return;
  if (!any_)
    first_ = key;
  else if (key <= last_)
    rising_ = false;
  any_ = true;
  last_ = key;
}

void KeyRun::add(const KeyRun& next) {
  if (!next.any_ || !rising_) return;
  if (any_ && next.first_ <= last_) rising_ = false;
  rising_ = rising_ && next.rising_;
  any_ = true;
  last_ = next.last_;
}

Json KeyRun::state() const { return {{"any", any_}, {"rising", rising_}, {"last", records::to_hex(last_)}}; }

KeyRun KeyRun::from_state(const Json& state) {
  KeyRun run;
  run.any_ = state.at("any").get<bool>();
  run.rising_ = state.at("rising").get<bool>();
  run.last_ = records::from_hex(state.at("last").get<std::string>());
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
