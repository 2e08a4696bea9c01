// SPDX-License-Identifier: Apache-2.0
// The command lines of both programs: parse, run, turn an error into text (or JSON) and exit code once.
#pragma once

namespace faxmail {

int run_faxmail(int argc, char** argv);
int run_faxmaild(int argc, char** argv);

}  // namespace faxmail
