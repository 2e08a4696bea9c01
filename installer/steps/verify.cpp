// SPDX-License-Identifier: Apache-2.0
// verify: signature, product, platform, then size and digest of every save file. Runs again at each resume, so that a
// release which was exchanged meanwhile is never used (feature 115).
#include "messages/step.hpp"
#include "steps/steps.hpp"
#include "steps/support.hpp"

namespace dfi::steps::verify {

void apply(Run& run) {
  auto release = release_of(run);
  release.verify([&](std::uint64_t done, std::uint64_t total) { run.reporter().progress(done, total); });
  const auto& document = release.document();
  if (run.note_text("target").empty())
    run.say(msg::release_received,
            {{"product", document.product}, {"version", document.version}, {"path", release.path().string()}});
  run.note("target", document.version);
}

}  // namespace dfi::steps::verify
