// SPDX-License-Identifier: Apache-2.0
#include "core/version.hpp"

#include "tests/base/scratch.hpp"

namespace dfi::test {
namespace {

TEST(ProductVersion, IsOrderedByNumberLetterAndPtfLevel) {
  const Version ordered[] = {Version::parse("5.35"), Version::parse("5.35f"),   Version::parse("5.91"),
                             Version::parse("5.92"), Version::parse("5.92", 3), Version::parse("6.06"),
                             Version::parse("10.00")};
  for (std::size_t i = 1; i < std::size(ordered); ++i) EXPECT_LT(ordered[i - 1], ordered[i]) << i;
  EXPECT_EQ(Version::parse("6.06").to_string(), "6.06");
  EXPECT_EQ(Version::parse("5.35f").to_string(), "5.35f");
}

TEST(ProductVersion, ThatIsNoneIsRefused) {
  for (const char* text : {"", "5", "5.", "5.9", "5.921", "5.92F", "v5.92", "5.92 ", "5,92", "5.9f"})
    EXPECT_EQ(error_of([&] { Version::parse(text); }), "version_malformed") << text;
}

TEST(OwnVersion, IsComparedNumberByNumber) {
  EXPECT_TRUE(dotted_less("1.0.9", "1.0.10"));
  EXPECT_FALSE(dotted_less("1.0.10", "1.0.9"));
  EXPECT_FALSE(dotted_less("1.0.0", "1.0.0"));
  EXPECT_TRUE(dotted_less("1.9", "2"));
}

}  // namespace
}  // namespace dfi::test
