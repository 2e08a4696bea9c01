// SPDX-License-Identifier: Apache-2.0
#include "payloads/packer/cli.hpp"

#include <gmock/gmock.h>

#include <sstream>

#include "tests/packer/workshop.hpp"

namespace dfi::packer {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class Dfpack : public Workshop {
 protected:
  int call(const std::vector<std::string>& words) {
    std::vector<const char*> argv{"dfpack"};
    for (const auto& word : words) argv.push_back(word.c_str());
    std::ostringstream out, err;
    int exit = run(static_cast<int>(argv.size()), argv.data(), out, err);
    out_ = out.str();
    err_ = err.str();
    return exit;
  }
  std::string path(const char* name) const { return (root_ / name).string(); }
  std::string out_, err_;
};

TEST_F(Dfpack, GoesFromKeysToARepository) {
  EXPECT_EQ(call({"keys", "-o", path("new")}), 0) << err_;
  EXPECT_EQ(fs::status(path("new/vendor.key")).permissions(), fs::perms(0600));
  auto key = path("new/vendor.key"), source = path("source");
  fs::create_directory(path("out"));
  EXPECT_EQ(call({"release", source, "-o", path("out/R.zip"), "--key", key}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("mini 2.00, 3 objects, 3 definitions"));
  replace(source_ / "objects/share/limits.json", "1.0", "1.2");
  write(source_ / "ptf.toml", "id = \"HOT1\"\napplies_to = [\"2.00\"]\n[title]\nen = \"a\"\nde = \"b\"\n");
  EXPECT_EQ(call({"ptf", "--base", path("out/R.zip"), "--new", source, "-o", path("out/P.SAVF"), "--key", key}), 0)
      << err_;
  EXPECT_THAT(out_, HasSubstr("replaces share/limits.json"));
  EXPECT_EQ(call({"publish", path("out"), "--key", key, "--json"}), 0) << err_;
  auto json = parse_json(out_, "stdout");
  EXPECT_EQ(json["ok"], true);
  EXPECT_EQ(json["verb"], "publish");
  EXPECT_EQ(json["index"]["ptfs"][0]["id"], "HOT1");
}

TEST_F(Dfpack, NeverOverwritesKeys) {
  EXPECT_EQ(call({"keys", "-o", keys_.string()}), 3);
  EXPECT_THAT(err_, StartsWith("DFI3002 "));
}

TEST_F(Dfpack, SaysErrorsInTheChosenLanguage) {
  fs::remove(source_ / "definitions/formats/DATA.2.toml");
  EXPECT_EQ(call({"release", path("source"), "-o", path("R.zip"), "--key", key_.string(), "--lang", "de"}), 3);
  EXPECT_THAT(err_, StartsWith("DFI4508 "));
  EXPECT_THAT(err_, HasSubstr("Datendatei DATA hat Stand 2"));
}

TEST_F(Dfpack, GivesErrorsAsJsonWithTheirArguments) {
  EXPECT_EQ(call({"--json", "--lang", "en", "release", path("none"), "-o", path("R.zip"), "--key", key_.string()}), 4);
  auto json = parse_json(out_, "stdout");
  EXPECT_EQ(json["ok"], false);
  EXPECT_EQ(json["exit"], 4);
  EXPECT_EQ(json["error"]["id"], "DFI9013");
  EXPECT_EQ(json["error"]["args"]["path"], path("none/product.toml"));
  EXPECT_EQ(err_, "");
}

TEST_F(Dfpack, ExplainsWrongUse) {
  EXPECT_EQ(call({}), 2);
  EXPECT_EQ(call({"release"}), 2);
  EXPECT_EQ(call({"publish", path("x"), "--key", "k", "--lang", "fr"}), 2);
  EXPECT_THAT(err_, StartsWith("DFI4500 "));
  EXPECT_EQ(call({"--help"}), 0);
  EXPECT_THAT(out_, HasSubstr("publish"));
}

TEST_F(Dfpack, NamesAnOutputDirectoryThatIsMissing) {
  EXPECT_EQ(call({"release", path("source"), "-o", path("no/R.zip"), "--key", key_.string()}), 4);
}

}  // namespace
}  // namespace dfi::packer
