// SPDX-License-Identifier: Apache-2.0
// selftest: the product's own word on its health. A failure goes back by itself, nobody has worked with it yet.
#include "messages/step.hpp"
#include "steps/steps.hpp"
#include "steps/support.hpp"

namespace dfi::steps::selftest {

void apply(Run& run) {
  auto generation = Generation::current(run.layout());
  require(generation.has_value(), "selftest follows activate");
  const auto result = self_test(*generation, run.layout());
  if (result.status != 0)
    throw Error(
        msg::selftest_failed,
        {{"version", generation->level()}, {"status", std::to_string(result.status)}, {"output", result.output}});
}

}  // namespace dfi::steps::selftest
