// SPDX-License-Identifier: Apache-2.0
#include "migrations/records/code_page.hpp"

#include "migrations/records/code_page_tables.hpp"

namespace dfi::records {
namespace {

constexpr char16_t euro = 0x20AC;
constexpr std::size_t euro_byte = 0x9F;  // of 1140, 1141 and 1148, where their elders have the currency sign

std::array<char, 4> utf8_of(char16_t character) {
  const auto byte = [](unsigned value) { return static_cast<char>(value); };
  const unsigned code = character;
  // What is not used is blank, so that a writer may store all bytes and go on after those that count.
  if (code < 0x80) return {byte(code), ' ', ' ', 1};
  if (code < 0x800) return {byte(0xC0u | code >> 6), byte(0x80u | (code & 0x3F)), ' ', 2};
  return {byte(0xE0u | code >> 12), byte(0x80u | (code >> 6 & 0x3F)), byte(0x80u | (code & 0x3F)), 3};
}

CodePage make_page(int ccsid, bool is_ebcdic, const std::array<unsigned char, 256>* table, bool has_euro) {
  CodePage page{};
  page.ccsid = ccsid;
  page.ebcdic = is_ebcdic;
  page.blank = is_ebcdic ? 0x40 : 0x20;
  if (ccsid == ccsid_utf8) return page;
  for (std::size_t byte = 0; byte < 256; ++byte) {
    const auto character = has_euro && byte == euro_byte ? euro : static_cast<char16_t>(table ? (*table)[byte] : byte);
    page.to_unicode[byte] = character;
    page.utf8[byte] = utf8_of(character);
    if (character > 0xFF) continue;
    page.from_latin1[character] = static_cast<unsigned char>(byte);
    page.has_latin1[character] = true;
  }
  return page;
}

}  // namespace

int CodePage::find(char32_t character) const {
  if (character <= 0xFF) return has_latin1[character] ? from_latin1[character] : -1;
  return character == euro && to_unicode[euro_byte] == euro ? static_cast<int>(euro_byte) : -1;
}

const CodePage* find_code_page(int ccsid) {
  static const std::array<CodePage, 8> pages = {
      make_page(37, true, &ebcdic_37, false),   make_page(273, true, &ebcdic_273, false),
      make_page(500, true, &ebcdic_500, false), make_page(1140, true, &ebcdic_37, true),
      make_page(1141, true, &ebcdic_273, true), make_page(1148, true, &ebcdic_500, true),
      make_page(819, false, nullptr, false),    make_page(ccsid_utf8, false, nullptr, false)};
  for (const auto& page : pages)
    if (page.ccsid == ccsid) return &page;
  return nullptr;
}

}  // namespace dfi::records
