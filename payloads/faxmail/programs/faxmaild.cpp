// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/cli/app.hpp"

int main(int argc, char** argv) { return faxmail::run_faxmaild(argc, argv); }
