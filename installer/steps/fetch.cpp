// SPDX-License-Identifier: Apache-2.0
// fetch: brings the release into the depot, from a file, a directory with loose save files, a URL or the repository.
#include "core/repository.hpp"
#include "steps/steps.hpp"
#include "steps/support.hpp"

namespace dfi::steps::fetch {

void apply(Run& run) {
  auto config = HostConfig::load(run.layout().root());
  auto options = download_options(config);
  options.progress = [&](std::uint64_t done, std::uint64_t total) { run.reporter().progress(done, total); };
  options.cancelled = [] { return interrupted_by != 0; };
  run.note("release", receive_release(run.layout(), run.input("release"), config, options, trusted_keys(run)).string());
}

}  // namespace dfi::steps::fetch
