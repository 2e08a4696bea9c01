// SPDX-License-Identifier: Apache-2.0
// What the command line says of itself, in the reader's language, and to machines.
#include <gmock/gmock.h>

#include "messages/cli.hpp"
#include "messages/general.hpp"
#include "tests/support/product.hpp"

namespace dfi::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Help, SpeaksOneLanguageAtATime) {
  for (const Words& words : {Words{}, Words{"rescued", "restore"}, Words{"endjobs"}}) {
    Words german{DFI_PROGRAM, "--lang", "de"};
    german.insert(german.end(), words.begin(), words.end());
    german.push_back("--help");
    const auto page = run(german);
    EXPECT_EQ(page.exit, 0);
    EXPECT_THAT(page.out, HasSubstr("Aufruf: dfinstall"));
    for (const char* english : {"Usage", "Options", "Positionals", "Subcommands", "REQUIRED", "Print this", "Display"})
      EXPECT_THAT(page.out, Not(HasSubstr(english)));
  }
}

TEST(Help, AWrongCallIsADocumentForMachines) {
  const auto unknown = run({DFI_PROGRAM, "--json", "udpate"});
  EXPECT_TRUE(ended(unknown, 2, msg::verb_unknown));
  EXPECT_TRUE(ended(run({DFI_PROGRAM, "stop", "--bogus", "--json"}), 2, msg::usage_unexpected));
  EXPECT_TRUE(ended(run({DFI_PROGRAM, "stop", "--wait", "x", "--json"}), 2, msg::usage));
  EXPECT_TRUE(ended(run({DFI_PROGRAM, "backup", "--json"}), 2, msg::usage_no_command));
  EXPECT_TRUE(ended(run({DFI_PROGRAM, "rescued", "restore", "--json"}), 2, msg::usage_missing));
  EXPECT_EQ(unknown.err, "");
}

}  // namespace
}  // namespace dfi::test
