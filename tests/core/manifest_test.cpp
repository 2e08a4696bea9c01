// SPDX-License-Identifier: Apache-2.0
#include "core/manifest.hpp"

#include "tests/base/scratch.hpp"

namespace dfi::test {
namespace {

Manifest manifest_with(const std::vector<std::string>& paths) {
  Manifest manifest;
  manifest.save_file = "TMSSAVF1.SAVF";
  manifest.type = "product";
  manifest.product = "demo";
  manifest.version = "1.00";
  manifest.min_dfinstall = "1.0.0";
  manifest.platform = "any";
  for (const auto& path : paths) manifest.objects.push_back({path, "text", 0644, 1, std::string(64, 'a'), {}});
  return manifest;
}

std::string reading(const Manifest& manifest) {
  return error_of([&] { Manifest::from_text(manifest.to_json().dump(), "it"); });
}

TEST(ManifestOfASaveFile, ComesBackAsItWasWritten) {
  auto text = manifest_with({"bin/a", "share/b.txt"}).to_json().dump();
  EXPECT_EQ(Manifest::from_text(text, "it").to_json().dump(), text);
}

TEST(ManifestOfASaveFile, WithAPathThatLeavesTheTreeIsRefused) {
  for (const char* path : {"../a", "a/../../b", "/etc/passwd", "", ".", "a/./b", "a//b", "a/", "..", "./a"})
    EXPECT_EQ(reading(manifest_with({path})), "manifest_unsafe") << path;
  EXPECT_EQ(reading(manifest_with({std::string("a\0b", 3)})), "manifest_unsafe");
  EXPECT_EQ(reading(manifest_with({"..a/b..", "a/.hidden"})), "nothing");
}

TEST(ManifestOfASaveFile, WithAPathTwiceIsRefused) {
  EXPECT_EQ(reading(manifest_with({"a", "b", "a"})), "manifest_unsafe");
}

TEST(ManifestOfASaveFile, WithoutAFieldNamesItsOrigin) {
  auto json = manifest_with({"a"}).to_json();
  json.erase("product");
  EXPECT_EQ(error_of([&] { Manifest::from_text(json.dump(), "it"); }), "json_malformed");
  EXPECT_EQ(error_of([&] { Manifest::from_text("[1, 2", "it"); }), "json_malformed");
}

TEST(Fitness, IsProductDfinstallAndPlatform) {
  auto fits = [](const std::string& product, const std::string& needed, const std::string& platform) {
    return error_of([&] { check_fits_here("it", "demo", product, needed, platform); });
  };
  EXPECT_EQ(fits("demo", "1.0.0", "any"), "nothing");
  EXPECT_EQ(fits("other", "1.0.0", "any"), "wrong_product");
  EXPECT_EQ(fits("demo", "99.0.0", "any"), "dfinstall_too_old");
  EXPECT_EQ(fits("demo", "1.0.0", "linux-mips"), "platform_wrong");
}

}  // namespace
}  // namespace dfi::test
