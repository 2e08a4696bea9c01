// SPDX-License-Identifier: Apache-2.0
// locate: the PTF as a file, by the name of its save file, or by its id: a path, the depot, the repository (feature
// 136). Its manifest is verified here, its objects again while they are unpacked.
#include "base/durable.hpp"
#include "core/repository.hpp"
#include "messages/ptf.hpp"
#include "ptf/engine/ptf.hpp"
#include "steps/steps.hpp"
#include "steps/support.hpp"

namespace dfi::steps::ptf_locate {
namespace {

// What is no PTF of this product never enters the depot.
ptf::Located import_file(const Run& run, const fs::path& source, const TrustedKeys& keys) {
  const auto& layout = run.layout();
  ptf::open_in_depot(source, layout.product(), keys);
  SaveFile::open(source, &keys).verify();
  durable::make_directories(layout.depot(), 0750);
  const auto target = layout.depot() / source.filename();
  const auto path = fs::canonical(source);
  if (path != target) durable::copy_file(path, target);
  return ptf::open_in_depot(target, layout.product(), keys);
}

// Offered by the repository under this name: fetched into the depot.
void fetch(Run& run, const std::string& asked, const TrustedKeys& keys) {
  auto config = HostConfig::load(run.layout().root());
  if (config.repository.empty()) return;
  auto options = download_options(config);
  options.progress = [&](std::uint64_t done, std::uint64_t total) { run.reporter().progress(done, total); };
  options.cancelled = [] { return interrupted_by != 0; };
  auto index = RepositoryIndex::fetch(config.repository, options, keys);
  if (const auto* offered = index.ptf(asked))
    fetch_to_depot(run.layout(), index.address(*offered), offered->file, offered, options);
}

}  // namespace

void apply(Run& run) {
  const auto asked = run.input("ptf");
  auto keys = trusted_keys(run);
  std::optional<ptf::Located> located;
  if (fs::is_regular_file(asked)) {
    located = import_file(run, asked, keys);
  } else {
    located = ptf::find_in_depot(run.layout(), asked, keys);
    if (!located) {
      fetch(run, asked, keys);
      located = ptf::find_in_depot(run.layout(), asked, keys);
    }
  }
  if (!located) throw Error(msg::ptf_not_found, {{"ptf", asked}});
  run.note("file", located->file.string());
  run.note("id", located->manifest.ptf->id);
}

}  // namespace dfi::steps::ptf_locate
