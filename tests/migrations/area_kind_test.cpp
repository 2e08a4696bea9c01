// SPDX-License-Identifier: Apache-2.0
// Data areas: a text or bytes of a fixed length, whose length and code page may change.
#include <gmock/gmock.h>

#include "tests/migrations/bench.hpp"
#include "tests/migrations/in_german.hpp"

namespace dfi::migrations {
namespace {

struct Area : testing::Test {
  /// Level 1 has eight characters of code page 1141, level 2 is `lines`.
  Catalogue catalogue(const std::string& lines) {
    bench.write("d/formats/A.1.toml",
                "file = \"A\"\nlevel = 1\nkind = \"area\"\nlength = 8\nccsid = 1141\nfill = \" \"\n");
    bench.write("d/formats/A.2.toml", "file = \"A\"\nlevel = 2\nkind = \"area\"\n" + lines);
    bench.write("d/x/CVTA2.toml",
                "name = \"CVTA2\"\nfile = \"A\"\nfrom = 1\nto = 2\nkind = \"area\"\nmode = \"shadow\"\n");
    return Catalogue::load(bench.root() / "d");
  }
  std::string converted(const std::string& bytes, const std::string& lines) {
    bench.write("A", bytes);
    migrations::convert(catalogue(lines), bench.file("A"), 1, 2, bench.shadow("A"));
    return read_file(bench.shadow("A"));
  }
  Error refused(const std::string& bytes, const std::string& lines) {
    const auto error = error_of([&] { converted(bytes, lines); });
    EXPECT_EQ(error.message().id, msg::conversion_failed);
    EXPECT_EQ(error.exit_code(), 30);
    EXPECT_EQ(read_file(bench.root() / "A"), bytes);
    EXPECT_FALSE(fs::exists(bench.shadow("A")));
    return error;
  }
  Bench bench;
};

TEST_F(Area, IsCarriedCharacterByCharacterAndFilledUp) {
  EXPECT_EQ(converted("\xC1\x4A" + std::string(6, '\x40'), "length = 10\nccsid = 819\nfill = \" \"\n"),
            "A\xC4        ");
}

TEST_F(Area, BecomesShorterWhereNothingIsInUse) {
  EXPECT_EQ(converted("\xC1\xC2" + std::string(6, '\x40'), "length = 4\nccsid = 819\nfill = \" \"\n"), "AB  ");
}

TEST_F(Area, NamesThePositionOfACharacterThatTheNewPageLacks) {
  const auto error = refused("\xC1\x9F" + std::string(6, '\x40'), "length = 8\nccsid = 819\nfill = \" \"\n");
  EXPECT_EQ(error.arg("reason"), "position 2 holds hex 9F, a character that CCSID 819 does not have");
  EXPECT_THAT(german(error), testing::HasSubstr("Stelle 2 enthält hex 9F, ein Zeichen, das es in CCSID 819 nicht gibt"));
}

TEST_F(Area, CutsOffNothingThatIsInUse) {
  const auto error =
      refused("\xC1\xC2\xC3\xC4\xC5" + std::string(3, '\x40'), "length = 4\nccsid = 819\nfill = \" \"\n");
  EXPECT_EQ(error.arg("reason"), "position 5 is in use, but the new area ends at 4");
  EXPECT_THAT(german(error), testing::HasSubstr("Stelle 5 ist belegt, der neue Bereich endet aber bei 4"));
}

}  // namespace
}  // namespace dfi::migrations
