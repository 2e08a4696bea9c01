// SPDX-License-Identifier: Apache-2.0
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <cstring>

#include "migrations/records/kernels.hpp"
#include "migrations/records/text.hpp"

namespace dfi::records {
namespace {

/// Length without trailing blanks and NULs.
std::size_t trimmed_length(const char* bytes, std::size_t length, unsigned char blank) {
#ifdef __SSE2__
  const auto blanks = _mm_set1_epi8(static_cast<char>(blank)), zeros = _mm_setzero_si128();
  while (length >= 16) {
    const auto block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + length - 16));
    const auto padding = _mm_or_si128(_mm_cmpeq_epi8(block, blanks), _mm_cmpeq_epi8(block, zeros));
    const auto text = ~static_cast<unsigned>(_mm_movemask_epi8(padding)) & 0xFFFFu;
    if (text != 0) return length - 16 + 32 - static_cast<std::size_t>(__builtin_clz(text));
    length -= 16;
  }
#endif
  while (length > 0 && (bytes[length - 1] == '\0' || static_cast<unsigned char>(bytes[length - 1]) == blank)) --length;
  return length;
}

void fill(char* at, char* end, unsigned char blank) {
#ifdef __SSE2__
  const auto blanks = _mm_set1_epi8(static_cast<char>(blank));
  for (; end - at >= 16; at += 16) _mm_storeu_si128(reinterpret_cast<__m128i*>(at), blanks);
#endif
  for (; at != end; ++at) *at = static_cast<char>(blank);
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

bool run_byte_to_utf8(const Op& op, const Lane& lane) {
  const Texts texts(op, lane);
  const auto& table = op.from->page->utf8;
  const char* in = texts.in;
  const char* const in_end = in + texts.length;
  char* out = texts.out;
  // Four bytes are stored for each character; those it does not have are overwritten by the next.
  const auto put = [&](unsigned char byte) {
    std::memcpy(out, table[byte].data(), 4);
    out += static_cast<unsigned char>(table[byte][3]);
  };
  while (in_end - in >= 4 && texts.end - out >= 16) {
    put(static_cast<unsigned char>(in[0]));
    put(static_cast<unsigned char>(in[1]));
    put(static_cast<unsigned char>(in[2]));
    put(static_cast<unsigned char>(in[3]));
    in += 4;
  }
  for (; in != in_end; ++in) {
    const auto& utf8 = table[static_cast<unsigned char>(*in)];
    if (texts.end - out < utf8[3]) return run_general(op, lane);
    for (int i = 0; i < utf8[3]; ++i) *out++ = utf8[static_cast<std::size_t>(i)];
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
  if (is_utf8_page(to)) return run_byte_to_utf8;
  for (std::size_t byte = 0; byte < 256; ++byte) {
    const auto found = to.find(from.to_unicode[byte]);
    op.table[byte] = static_cast<std::uint16_t>(found < 0 ? 0x100 : found);
  }
  return run_byte_to_byte;
}

}  // namespace dfi::records
