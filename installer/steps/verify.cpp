// SPDX-License-Identifier: Apache-2.0
// verify: signature, product, platform, then size and digest of every save file. Runs again at each resume, so that a
// release which was exchanged meanwhile is never used (feature 115).
#include "base/hash.hpp"
#include "messages/release.hpp"
#include "messages/step.hpp"
#include "steps/steps.hpp"
#include "steps/support.hpp"

namespace dfi::steps::verify {

void apply(Run& run) {
  // Everything is unpacked and verified: the run can be finished without the file it came from.
  if (!fs::exists(run.note_text("release")) && fs::exists(run.layout().staging(run.id()) / "product.json")) return;
  auto release = release_of(run);
  release.verify([&](std::uint64_t done, std::uint64_t total) { run.reporter().progress(done, total); });
  const auto& document = release.document();
  if (run.note_text("target").empty())
    run.say(msg::release_received,
            {{"product", document.product}, {"version", document.version}, {"path", release.path().string()}});
  // Signed, too, but another build: what was unpacked or converted before the pause belongs to the first one.
  const auto identity = sha256(document.to_json().dump());
  if (const auto first = run.note_text("identity"); !first.empty() && first != identity)
    throw Error(msg::release_exchanged, {{"path", release.path().string()}});
  run.note("identity", identity);
  run.note("target", document.version);
}

}  // namespace dfi::steps::verify
