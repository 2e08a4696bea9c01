// SPDX-License-Identifier: Apache-2.0
// What a rehearsal has shown of a file counts before any formula: for the very same file and definitions its sizes are
// those of the update, too; for one that has changed since they are the best measure there is.
#include <algorithm>

#include "base/file_state.hpp"
#include "checks/checks.hpp"
#include "core/journal.hpp"

namespace dfi {
namespace {

// The newest one with the same definitions that came to its end.
std::optional<Json> rehearsed(const Journal& journal, const std::string& file, const std::string& definitions) {
  for (const auto& run : journal.runs()) {
    if (run.verb != "rehearse") continue;
    auto trial = journal.note(run.id, "trial " + file);
    if (trial && trial->at("definitions") == definitions && trial->at("error").is_null() && trial->contains("state"))
      return trial;
  }
  return std::nullopt;
}

}  // namespace

void use_rehearsal(const Journal& journal, const migrations::Catalogue& catalogue, DataFilePlan& plan) {
  if (!plan.converts() || plan.in_place || plan.estimate.exact) return;
  const auto trial = rehearsed(journal, plan.target.name, catalogue.digest(plan.file, plan.route));
  if (!trial) return;
  const auto then = std::max(1.0, trial->at("bytes").get<double>());
  const auto now = [&](const char* key) {
    return static_cast<std::uintmax_t>(trial->at(key).get<double>() / then *
                                       static_cast<double>(plan.estimate.bytes_in));
  };
  plan.estimate.exact = trial->at("state") == file_state(plan.file.path);
  plan.estimate.bytes_out = plan.estimate.exact ? trial->at("bytes_after").get<std::uintmax_t>() : now("bytes_after");
  plan.estimate.space = plan.estimate.exact ? trial->at("space").get<std::uintmax_t>() : now("space");
  plan.rehearsed = true;
}

}  // namespace dfi
