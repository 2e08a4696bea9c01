// SPDX-License-Identifier: Apache-2.0
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <cstring>

#include "migrations/records/bytes.hpp"
#include "migrations/records/kernels.hpp"
#include "migrations/records/text.hpp"

namespace dfi::records {
namespace {

#ifdef __SSE2__
/// A bit for each of 16 bytes that is neither blank nor NUL.
unsigned text_bits(const char* bytes, unsigned char blank) {
  const auto block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
  const auto padding = _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8(static_cast<char>(blank))),
                                    _mm_cmpeq_epi8(block, _mm_setzero_si128()));
  return ~static_cast<unsigned>(_mm_movemask_epi8(padding)) & 0xFFFFu;
}
#endif

/// Length without trailing blanks and NULs.
std::size_t trimmed_length(const char* bytes, std::size_t length, unsigned char blank) {
#ifdef __SSE2__
  if (length >= 16) {
    for (; length > 16; length -= 16)
      if (const auto bits = text_bits(bytes + length - 16, blank))
        return length + 16 - static_cast<std::size_t>(__builtin_clz(bits));
    const auto bits = text_bits(bytes, blank);
    return bits == 0 ? 0 : 32 - static_cast<std::size_t>(__builtin_clz(bits));
  }
#endif
  while (length > 0 && (bytes[length - 1] == '\0' || static_cast<unsigned char>(bytes[length - 1]) == blank)) --length;
  return length;
}

struct Texts {
  Texts(const Op& op, const Lane& lane)
      : in(in_bytes(op, lane)),
        length(trimmed_length(in, op.from->length, op.from->page->blank)),
        out(out_bytes(op, lane)),
        end(out + op.to->length) {}
  const char* in;
  std::size_t length;
  char* out;
  char* end;
};

bool run_same_page(const Op& op, const Lane& lane) {
  const Texts texts(op, lane);
  if (texts.length > op.to->length) return run_general(op, lane);
  std::memcpy(texts.out, texts.in, texts.length);
  fill(texts.out + texts.length, texts.end, op.to->page->blank);
  return true;
}

bool run_byte_to_byte(const Op& op, const Lane& lane) {
  const Texts texts(op, lane);
  if (texts.length > op.to->length) return run_general(op, lane);
  unsigned seen = 0;
  for (std::size_t i = 0; i < texts.length; ++i) {
    const unsigned entry = op.table[static_cast<unsigned char>(texts.in[i])];
    seen |= entry;
    texts.out[i] = static_cast<char>(entry);
  }
  if (seen > 0xFF) return run_general(op, lane);
  fill(texts.out + texts.length, texts.end, op.to->page->blank);
  return true;
}

/// Eight characters that are ASCII, the first lowest; what is not has the highest bit set.
std::uint64_t ascii_of(const unsigned char* table, const unsigned char* in) {
  const auto two = [&](std::size_t i) { return std::uint64_t{table[in[i]]} | std::uint64_t{table[in[i + 1]]} << 8; };
  const auto word = two(0) | two(2) << 16 | two(4) << 32 | two(6) << 48;
  return word;
}

bool run_byte_to_utf8(const Op& op, const Lane& lane) {
  const Texts texts(op, lane);
  const auto& utf8 = op.from->page->utf8;
  const auto* const ascii = op.ascii.data();
  const auto* in = reinterpret_cast<const unsigned char*>(texts.in);
  const auto* const in_end = in + texts.length;
  const auto* const field_end = in + op.from->length;
  char* out = texts.out;
  while (in < in_end) {
    if (field_end - in >= 8 && texts.end - out >= 8) {
      // Behind the text only blanks follow, as in the target.
      const auto word = ascii_of(ascii, in);
      const auto text = little_endian(word);
      std::memcpy(out, &text, 8);
      const auto others = word & 0x8080808080808080u;
      const auto count = others == 0 ? 8 : __builtin_ctzll(others) / 8;
      in += count;
      out += count;
      if (others == 0 || in >= in_end) continue;
    }
    const auto& bytes = utf8[*in++];
    const auto room = texts.end - out;
    if (room < bytes[3]) return run_general(op, lane);
    // Four bytes are stored; those the character does not have are overwritten by what follows.
    if (room >= 4)
      std::memcpy(out, bytes.data(), 4);
    else
      for (int i = 0; i < bytes[3]; ++i) out[i] = bytes[static_cast<std::size_t>(i)];
    out += bytes[3];
  }
  fill(out, texts.end, ' ');
  return true;
}

bool is_ascii(const char* bytes, std::size_t length) {
  std::size_t i = 0;
#ifdef __SSE2__
  for (; i + 16 <= length; i += 16)
    if (_mm_movemask_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + i))) != 0) return false;
#endif
  return std::none_of(bytes + i, bytes + length, [](char byte) { return static_cast<unsigned char>(byte) >= 0x80; });
}

bool run_utf8_to_utf8(const Op& op, const Lane& lane) {
  const Texts texts(op, lane);
  if (texts.length > op.to->length) return run_general(op, lane);
  if (!is_ascii(texts.in, texts.length) && valid_utf8({texts.in, texts.length}) != texts.length) return false;
  std::memcpy(texts.out, texts.in, texts.length);
  fill(texts.out + texts.length, texts.end, ' ');
  return true;
}

bool run_utf8_to_byte(const Op& op, const Lane& lane) {
  const Texts texts(op, lane);
  const auto& page = *op.to->page;
  char* out = texts.out;
  for (std::size_t i = 0; i < texts.length; ++i) {
    unsigned character = static_cast<unsigned char>(texts.in[i]);
    if (character >= 0x80) {
      // U+0080–U+00FF is C2 or C3 and one more byte.
      if (character >> 1 != 0x61 || ++i == texts.length) return run_general(op, lane);
      const unsigned second = static_cast<unsigned char>(texts.in[i]);
      if (second >> 6 != 2) return run_general(op, lane);
      character = (character & 3) << 6 | (second & 0x3F);
    }
    if (out == texts.end || !page.has_latin1[character]) return run_general(op, lane);
    *out++ = static_cast<char>(page.from_latin1[character]);
  }
  fill(out, texts.end, page.blank);
  return true;
}

}  // namespace

Op::Run text_kernel(Op& op) {
  if (op.from->type != Type::chars || op.to->type != Type::chars) return nullptr;
  const auto& from = *op.from->page;
  const auto& to = *op.to->page;
  if (is_utf8_page(from)) return is_utf8_page(to) ? run_utf8_to_utf8 : run_utf8_to_byte;
  if (&from == &to) return run_same_page;
  for (std::size_t byte = 0; byte < 256; ++byte) {
    const auto character = from.to_unicode[byte];
    const auto found = is_utf8_page(to) ? -1 : to.find(character);
    op.table.push_back(static_cast<std::uint16_t>(found < 0 ? 0x100 : found));
    // A NUL may be padding, which becomes blank.
    op.ascii.push_back(static_cast<unsigned char>(character == 0 || character > 0x7F ? 0x80 : character));
  }
  return is_utf8_page(to) ? run_byte_to_utf8 : run_byte_to_byte;
}

}  // namespace dfi::records
