// SPDX-License-Identifier: Apache-2.0
// check of a PTF: right version, every object to be replaced is one the PTF knows (features 125, 131); space.
#include "messages/ptf.hpp"
#include "steps/ptf_support.hpp"
#include "steps/steps.hpp"

namespace dfi::steps {

void ptf_check::apply(Run& run) {
  auto located = located_ptf(run);
  auto installed = active_generation(run);
  if (ptf::check_applicable(located.manifest, installed) == ptf::Applicable::already)
    throw Error(msg::ptf_already, {{"ptf", located.manifest.ptf->id}});
  throw_first_blocker(checks::space(checks::space_needs(run.layout(), &located.manifest, {})));
}

void ptf_remove_check::apply(Run& run) {
  auto installed = active_generation(run);
  const auto& applied = ptf::removable(installed, run.layout(), run.input("ptf"));
  SaveFile::open(run.layout().product_base() / applied.saved, nullptr).verify();
  run.note("id", applied.id);
}

}  // namespace dfi::steps
