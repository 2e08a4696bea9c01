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
void import_file(const Run& run, const fs::path& source, const TrustedKeys& keys) {
  const auto& layout = run.layout();
  auto save_file = SaveFile::open(source, &keys);
  const auto& manifest = save_file.manifest();
  if (manifest.type != "ptf" || !manifest.ptf)
    throw Error(msg::not_a_ptf, {{"name", source.string()}, {"type", manifest.type}});
  check_fits_here(source.string(), layout.product(), manifest.product, manifest.min_dfinstall, manifest.platform);
  save_file.verify();
  durable::make_directories(layout.depot(), 0750);
  const auto target = layout.depot() / source.filename();
  if (fs::absolute(source).lexically_normal() != target) durable::copy_file(source, target);
}

// Offered by the repository under this name: fetched into the depot.
void fetch(const Run& run, const std::string& asked, const TrustedKeys& keys) {
  auto config = HostConfig::load(run.layout().root());
  if (config.repository.empty()) return;
  auto options = download_options(config);
  auto index = RepositoryIndex::fetch(config.repository, options, keys);
  if (const auto* offered = index.ptf(asked))
    fetch_to_depot(run.layout(), index.address(*offered), offered->file, offered, options);
}

}  // namespace

void apply(Run& run) {
  auto asked = run.input("ptf");
  auto keys = trusted_keys(run);
  if (fs::is_regular_file(asked)) {
    import_file(run, asked, keys);
    asked = fs::path(asked).filename().string();
  }
  auto located = ptf::find_in_depot(run.layout(), asked, keys);
  if (!located) {
    fetch(run, asked, keys);
    located = ptf::find_in_depot(run.layout(), asked, keys);
  }
  if (!located) throw Error(msg::ptf_not_found, {{"ptf", asked}});
  require(located->manifest.ptf.has_value(), "a PTF's manifest has its ptf part");
  run.note("file", located->file.string());
  run.note("id", located->manifest.ptf->id);
}

}  // namespace dfi::steps::ptf_locate
