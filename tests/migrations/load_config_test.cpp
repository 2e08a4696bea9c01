// SPDX-License-Identifier: Apache-2.0
// A record that becomes a configuration: each value arrives as it is, or not at all.
#include <gmock/gmock.h>

#include "tests/migrations/bench.hpp"
#include "tests/migrations/in_german.hpp"

namespace dfi::migrations {
namespace {

class ConfigurationLoad : public testing::Test {
 protected:
  ConfigurationLoad() {
    bench.write("d/formats/CFG.1.toml",
                "file = \"CFG\"\nlevel = 1\nkind = \"records\"\nlength = 22\nccsid = 819\nfields = \"\"\"\n"
                "CFWORD char(6)\nCFSUM zoned(4,2)\nCFRATE float(8)\nCFBYTE char(4) ccsid=65535\n\"\"\"\n");
    bench.write("d/formats/CFG.2.toml",
                "file = \"CFG\"\nlevel = 2\nkind = \"config\"\ntitle.en = \"x\"\ntitle.de = \"x\"\n" +
                    key("port", "integer", "25") + key("secure", "boolean", "true") +
                    key("host", "text", "\"localhost\""));
  }
  static std::string key(const std::string& name, const std::string& type, const std::string& standard) {
    return "[[keys]]\nname = \"" + name + "\"\ntype = \"" + type + "\"\ndefault = " + standard +
           "\ncomment.en = \"x\"\ncomment.de = \"x\"\n";
  }
  /// The file that comes out of a record with this word.
  std::string load(const std::string& word, const std::string& map, const std::string& when = "") {
    bench.write("d/x/CVTCFG2.toml",
                "name = \"CVTCFG2\"\nfile = \"CFG\"\nfrom = 1\nto = 2\nkind = \"load\"\n"
                "drop = [\"CFWORD\", \"CFSUM\", \"CFRATE\", \"CFBYTE\"]\n[[into]]\n" +
                    when + "[into.map]\n" + map);
    bench.write("CFG", (word + "      ").substr(0, 6) + "1250" + std::string(12, '\0'));
    const auto all = Catalogue::load(bench.root() / "d");
    migrations::convert(all, bench.file("CFG"), 1, 2, bench.shadow("CFG"));
    return read_file(bench.shadow("CFG"));
  }
  std::string why_not(const std::string& word, const std::string& map, const std::string& when = "") {
    const auto error = error_of([&] { load(word, map, when); });
    EXPECT_EQ(error.message().id, msg::conversion_failed);
    EXPECT_FALSE(fs::exists(bench.shadow("CFG")));
    return error.arg("reason");
  }
  Bench bench;
};

TEST_F(ConfigurationLoad, TakesWhatIsOfTheTypeOfItsKey) {
  EXPECT_THAT(load("587", "port = \"trim(CFWORD)\""), testing::HasSubstr("port = 587\n"));
  EXPECT_THAT(load("false", "secure = \"trim(CFWORD)\""), testing::HasSubstr("secure = false\n"));
  EXPECT_THAT(load("", "secure = \"0\""), testing::HasSubstr("secure = false\n"));
  EXPECT_THAT(load("", "host = \"CFSUM\""), testing::HasSubstr("host = \"12.50\"\n"));
}

TEST_F(ConfigurationLoad, MakesNoOtherValueOfOne) {
  EXPECT_EQ(why_not("587abc", "port = \"CFWORD\""), "'port' must be of type integer, but the record has '587abc'");
  EXPECT_EQ(why_not("", "port = \"CFSUM\""), "'port' must be of type integer, but the record has '12.50'");
  EXPECT_EQ(why_not("", "port = \"CFRATE\""), "'port' must be of type integer, but the record has 0");
  EXPECT_EQ(why_not("yes", "secure = \"trim(CFWORD)\""), "'secure' must be of type boolean, but the record has 'yes'");
  EXPECT_EQ(why_not("", "secure = \"2\""), "'secure' must be of type boolean, but the record has 2");
  EXPECT_EQ(why_not("", "host = \"CFBYTE\""), "'host' must be of type text, but the record has X'00000000'");
}

TEST_F(ConfigurationLoad, NamesTheFieldThatHoldsNoNumber) {
  load("587", "port = \"trim(CFWORD)\"\nhost = \"CFSUM\"");
  fs::remove(bench.shadow("CFG"));
  bench.write("CFG", "587   12x0" + std::string(12, '\0'));
  const auto error = error_of([&] {
    migrations::convert(Catalogue::load(bench.root() / "d"), bench.file("CFG"), 1, 2, bench.shadow("CFG"));
  });
  EXPECT_EQ(error.message().id, msg::conversion_failed);
  EXPECT_THAT(error.arg("reason"), testing::StartsWith("field CFSUM, "));
  EXPECT_THAT(german(error), testing::StartsWith("Feld CFSUM; "));
}

TEST_F(ConfigurationLoad, MakesNoFileOfDefaultsOfARecordThatSaysNothing) {
  EXPECT_EQ(why_not("", "port = \"1\"", "when = \"CFWORD\"\n"),
            "the condition ('when') is not met, so the record says nothing");
}

}  // namespace
}  // namespace dfi::migrations
