// SPDX-License-Identifier: Apache-2.0
// dfpack's command line. Prints to the given streams; never asks.
#pragma once
#include <iosfwd>

namespace dfi::packer {

/// Returns the exit code of the message it ended with; 0 = done.
int run(int argc, const char* const* argv, std::ostream& out, std::ostream& err);

}  // namespace dfi::packer
