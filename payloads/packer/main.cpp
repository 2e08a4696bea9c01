// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "payloads/packer/cli.hpp"

int main(int argc, char** argv) { return dfi::packer::run(argc, argv, std::cout, std::cerr); }
