// SPDX-License-Identifier: Apache-2.0
#include "payloads/packer/source.hpp"

#include <gmock/gmock.h>

#include "tests/packer/workshop.hpp"

namespace dfi::packer {
namespace {

using ::testing::ElementsAre;
using Source = Workshop;

Error error_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return Error(Msg{"internal_error"});
}

TEST_F(Source, GivesObjectsKindAndModeOfTheFirstRuleThatFits) {
  auto source = read_source(source_);
  std::vector<std::string> seen;
  for (const auto& object : source.objects)
    seen.push_back(object.path + " " + object.kind + (object.mode == 0755 ? " x" : ""));
  EXPECT_THAT(seen, ElementsAre("bin/daemon program x", "bin/tool program x", "share/limits.json text"));
  ASSERT_EQ(source.definitions.size(), 3u);
  EXPECT_EQ(source.definitions[0].kind, "conversion");
  EXPECT_EQ(source.definitions[1].kind, "format");
}

TEST_F(Source, TakesTheProgramsOfConversions) {
  write(source_ / "definitions/2.00/programs/cvtdata2", "#!/bin/sh\n");
  write(source_ / "definitions/2.00/programs/read.toml", "no definition");
  std::vector<std::string> seen;
  for (const auto& object : read_source(source_).definitions)
    seen.push_back(object.path + " " + object.kind + (object.mode == 0755 ? " x" : ""));
  EXPECT_THAT(seen, ElementsAre("2.00/CVTDATA2.toml conversion", "2.00/programs/cvtdata2 converter x",
                                "2.00/programs/read.toml converter x", "formats/DATA.1.toml format",
                                "formats/DATA.2.toml format"));
  write(source_ / "definitions/2.00/cvtdata2", "#!/bin/sh\n");
  EXPECT_EQ(failure([&] { read_source(source_); }), "pack_definition_foreign");
}

TEST_F(Source, NamesAMissingKeyWithTheLineOfItsTable) {
  replace(source_ / "product.toml", "level = 2\n", "");
  auto error = error_of([&] { read_source(source_); });
  EXPECT_EQ(error.message().id.name, "pack_key_missing");
  EXPECT_EQ(error.arg("key"), "data_files.level");
  EXPECT_EQ(error.arg("line"), "9");
  EXPECT_EQ(error.exit_code(), 3);
}

TEST_F(Source, NamesEveryRequiredKeyThatIsMissing) {
  for (std::string key : {"product", "title", "version", "released", "min_dfinstall", "platform"}) {
    write(source_ / "product.toml", std::string("\n") + product_toml);
    replace(source_ / "product.toml", "\n" + key + " = ", "\n#");
    auto error = error_of([&] { read_source(source_); });
    EXPECT_EQ(error.message().id.name, "pack_key_missing") << key;
    EXPECT_EQ(error.arg("key"), key);
    EXPECT_EQ(error.arg("line"), "1");
  }
}

TEST_F(Source, NamesAnUnknownKeyWithItsLine) {
  replace(source_ / "product.toml", "kind = \"sqlite\"", "kind = \"sqlite\"\nlevl = 3");
  auto error = error_of([&] { read_source(source_); });
  EXPECT_EQ(error.message().id.name, "pack_key_unknown");
  EXPECT_EQ(error.arg("key"), "data_files.levl");
  EXPECT_EQ(error.arg("line"), "12");
}

TEST_F(Source, RefusesAValueThatIsNotUsable) {
  const std::pair<const char*, const char*> wrong[] = {
      {"version = \"2.00\"", "version = \"2\""},
      {"level = 2", "level = \"2\""},
      {"kind = \"sqlite\"", "kind = \"oracle\""},
      {"mode = \"0755\"", "mode = \"4755\""},
      {"\"2020-01-02\"", "\"yesterday\""},
      {"objects = [\"bin/daemon\",", "objects = [5,"},
      {"title = \"Mini\"", "title = \"Mini\"\njob_patterns = [\"(\"]"},
  };
  for (const auto& [from, to] : wrong) {
    write(source_ / "product.toml", product_toml);
    replace(source_ / "product.toml", from, to);
    EXPECT_EQ(failure([&] { read_source(source_); }), "pack_value_wrong") << to;
  }
}

TEST_F(Source, RefusesAFileThatNoRuleCovers) {
  replace(source_ / "product.toml", "path = \"*\"", "path = \"share/*\"");
  write(source_ / "objects/stray.txt", "");
  auto error = error_of([&] { read_source(source_); });
  EXPECT_EQ(error.message().id.name, "pack_object_without_rule");
  EXPECT_EQ(error.arg("path"), (source_ / "objects/stray.txt").string());
}

TEST_F(Source, RefusesALinkInTheTree) {
  fs::create_symlink("daemon", source_ / "objects/bin/other");
  EXPECT_EQ(failure([&] { read_source(source_); }), "pack_not_regular");
}

TEST_F(Source, RefusesAServiceThatNamesAMissingObject) {
  fs::remove(source_ / "objects/share/limits.json");
  auto error = error_of([&] { read_source(source_); });
  EXPECT_EQ(error.message().id.name, "pack_object_named_missing");
  EXPECT_EQ(error.arg("object"), "share/*.json");
  EXPECT_EQ(error.arg("what"), "services.daemon.objects");
}

TEST_F(Source, RefusesADataFileWithoutTheFormatOfItsLevel) {
  fs::remove(source_ / "definitions/formats/DATA.2.toml");
  // The name of the file does not matter, what it says does.
  EXPECT_EQ(failure([&] { read_source(source_); }), "pack_format_missing");
  write(source_ / "definitions/formats/newest.toml", "file = \"DATA\"\nlevel = 2\n");
  EXPECT_EQ(failure([&] { read_source(source_); }), "");
}

TEST_F(Source, RefusesForeignFilesAmongTheDefinitions) {
  write(source_ / "definitions/formats/DATA.1.toml~", "");
  EXPECT_EQ(failure([&] { read_source(source_); }), "pack_definition_foreign");
}

TEST_F(Source, ReadsAPtfDefinition) {
  write(root_ / "ptf.toml",
        "id = \"HOT1\"\naliases = [\"H1\"]\napplies_to = [\"2.00\"]\n[title]\nen = \"a\"\nde = \"b\"\n");
  auto ptf = read_ptf_file(root_ / "ptf.toml");
  EXPECT_EQ(
      ptf.to_json(),
      (Json{{"id", "HOT1"}, {"aliases", {"H1"}}, {"applies_to", {"2.00"}}, {"title", {{"en", "a"}, {"de", "b"}}}}));
  replace(root_ / "ptf.toml", "de = \"b\"\n", "");
  auto error = error_of([&] { read_ptf_file(root_ / "ptf.toml"); });
  EXPECT_EQ(error.arg("key"), "title.de");
  EXPECT_EQ(error.arg("line"), "4");
}

}  // namespace
}  // namespace dfi::packer
