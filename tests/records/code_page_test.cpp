// SPDX-License-Identifier: Apache-2.0
// Our tables against iconv(3). glibc and IBM's tables agree on all seven pages with one exception that glibc settles as
// we do: byte BC of 273 and 1141, which some libraries (Python's) read as U+203E and glibc as U+00AF.
#include "migrations/records/code_page.hpp"

#include <gtest/gtest.h>
#include <iconv.h>

#include <cstring>
#include <string>

namespace dfi::records {
namespace {

struct Named {
  int ccsid;
  const char* name;
};
constexpr Named pages[] = {{37, "IBM037"},    {273, "IBM273"},   {500, "IBM500"},    {1140, "IBM1140"},
                           {1141, "IBM1141"}, {1148, "IBM1148"}, {819, "ISO-8859-1"}};

std::string convert(const char* from, const char* to, std::string text) {
  const auto handle = iconv_open(to, from);
  EXPECT_NE(handle, reinterpret_cast<iconv_t>(-1)) << from;
  std::string result(16, '\0');
  char* in = text.data();
  char* out = result.data();
  std::size_t in_left = text.size(), out_left = result.size();
  EXPECT_NE(iconv(handle, &in, &in_left, &out, &out_left), static_cast<std::size_t>(-1)) << from;
  iconv_close(handle);
  result.resize(result.size() - out_left);
  return result;
}

TEST(CodePage, ReadsEveryByteAsIconvDoes) {
  for (const auto& [ccsid, name] : pages) {
    const auto* page = find_code_page(ccsid);
    ASSERT_NE(page, nullptr) << name;
    for (unsigned byte = 0; byte < 256; ++byte) {
      const auto& utf8 = page->utf8[byte];
      const std::string ours(utf8.data(), static_cast<std::size_t>(utf8[3]));
      const std::string text(1, static_cast<char>(byte));
      EXPECT_EQ(ours, convert(name, "UTF-8", text)) << name << " " << byte;
      char16_t unit;
      const auto utf16 = convert(name, "UTF-16LE", text);
      ASSERT_EQ(utf16.size(), sizeof unit);
      std::memcpy(&unit, utf16.data(), sizeof unit);
      EXPECT_EQ(page->to_unicode[byte], unit) << name << " " << byte;
      EXPECT_EQ(page->find(unit), static_cast<int>(byte)) << name << " " << byte;
    }
  }
}

TEST(CodePage, FindsOnlyWhatItHas) {
  EXPECT_EQ(find_code_page(273)->find(U'€'), -1);
  EXPECT_EQ(find_code_page(1141)->find(U'€'), 0x9F);
  EXPECT_EQ(find_code_page(1141)->find(0xA4), -1);  // the currency sign the euro took the place of
  EXPECT_EQ(find_code_page(819)->find(0x100), -1);
  EXPECT_EQ(find_code_page(37)->find(0x1F4E0), -1);
}

TEST(CodePage, KnowsItsBlank) {
  for (const auto& [ccsid, name] : pages) {
    const auto* page = find_code_page(ccsid);
    EXPECT_EQ(page->find(U' '), page->blank) << name;
    EXPECT_EQ(page->ebcdic, page->blank == 0x40) << name;
  }
}

/// What negative zoned numbers would become if they went through the table.
TEST(CodePage, HasUmlautsWhereZonedNumbersHaveTheirSign) {
  EXPECT_EQ(find_code_page(273)->to_unicode[0xD0], u'ü');
  EXPECT_EQ(find_code_page(273)->to_unicode[0xC0], u'ä');
}

TEST(CodePage, IsNotKnownByAnyNumber) {
  EXPECT_EQ(find_code_page(850), nullptr);
  EXPECT_EQ(find_code_page(ccsid_none), nullptr);
  ASSERT_NE(find_code_page(ccsid_utf8), nullptr);
  EXPECT_FALSE(find_code_page(ccsid_utf8)->ebcdic);
}

}  // namespace
}  // namespace dfi::records
