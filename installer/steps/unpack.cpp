// SPDX-License-Identifier: Apache-2.0
// unpack: product objects beside the active generation, formats and conversions into the run's staging directory.
// The product runs on; every object's digest is checked while it is written.
#include "base/durable.hpp"
#include "steps/steps.hpp"
#include "steps/support.hpp"

namespace dfi::steps::unpack {

void apply(Run& run) {
  revert(run);  // what an earlier, killed try left
  const auto& layout = run.layout();
  auto release = release_of(run);
  durable::make_directories(layout.releases());
  auto product = release.save_file(product_save_file);
  const auto tree = layout.product_staging(run.id());
  durable::make_directories(tree);
  product.unpack(tree);
  durable::sync_file_system(tree);

  unpack_definitions(run, release);
}

void revert(Run& run) {
  durable::remove_tree(run.layout().product_staging(run.id()));
  durable::remove_tree(run.layout().staging(run.id()));
}

}  // namespace dfi::steps::unpack
