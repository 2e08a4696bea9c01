// SPDX-License-Identifier: Apache-2.0
// The repository's own sources of directfax: what stands in two places must say the same.
#include <gmock/gmock.h>

#include "payloads/packer/source.hpp"

namespace dfi::packer {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;

const fs::path releases = fs::path(DFI_SOURCES) / "payloads/directfax";
const fs::path hot_ptf = fs::path(DFI_SOURCES) / "ptf/definitions/HOTPTF20200811";

Json capability(const fs::path& directory) {
  auto path = directory / "objects/share/capability.json";
  return parse_json(read_file(path), path);
}

TEST(Directfax, CapabilityNamesTheLevelsOfTheProductFile) {
  for (const char* version : {"5.91", "5.92", "6.06"}) {
    auto product = read_product_file(releases / version / "product.toml");
    auto object = capability(releases / version);
    EXPECT_EQ(product.version, version);
    EXPECT_EQ(object["version"], version);
    std::map<std::string, int> levels;
    for (const auto& file : product.spec.data_files) levels[file.name] = file.level;
    EXPECT_EQ((object["levels"].get<std::map<std::string, int>>()), levels) << version;
  }
}

TEST(Directfax, HotPtfChangesOfTheCapabilityOnlyWhatItPromises) {
  auto before = capability(releases / "5.92"), after = capability(hot_ptf);
  std::vector<std::string> changed;
  for (const auto& [key, value] : after.items())
    if (before.at(key) != value) changed.push_back(key);
  EXPECT_THAT(changed, ElementsAre("ptf", "smtps", "tls_min", "presets"));
  auto ptf = read_ptf_file(hot_ptf / "ptf.toml");
  EXPECT_EQ(after["ptf"], ptf.id);
  EXPECT_THAT(ptf.applies_to, ElementsAre(before["version"].get<std::string>()));
}

TEST(Directfax, EveryChangeListEndsWithTheOlderOne) {
  auto changes = [](const fs::path& directory) { return read_file(directory / "objects/share/doc/CHANGES.txt"); };
  EXPECT_THAT(changes(releases / "5.92"), EndsWith(changes(releases / "5.91")));
  EXPECT_THAT(changes(hot_ptf), EndsWith(changes(releases / "5.92")));
  EXPECT_THAT(changes(releases / "6.06"), EndsWith(changes(hot_ptf)));
}

TEST(Directfax, EveryPresetOfTheCapabilityIsDeliveredAndNoOther) {
  for (const auto& directory : {releases / "6.06", hot_ptf}) {
    auto named = capability(directory)["presets"].get<std::vector<std::string>>();
    std::vector<std::string> delivered;
    for (const auto& entry : walk(directory / "objects/share/presets")) delivered.push_back(entry.path.stem());
    EXPECT_THAT(delivered, ::testing::UnorderedElementsAreArray(named)) << directory;
  }
}

}  // namespace
}  // namespace dfi::packer
