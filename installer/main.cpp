// SPDX-License-Identifier: Apache-2.0
#include "cli/context.hpp"

int main(int argc, char** argv) { return dfi::cli::run_main(argc, argv); }
