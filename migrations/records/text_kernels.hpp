// SPDX-License-Identifier: Apache-2.0
// Kernels of texts, from page to page.
#pragma once
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <cstring>

#include "migrations/records/bytes.hpp"
#include "migrations/records/kernels.hpp"
#include "migrations/records/text.hpp"

namespace dfi::records {
#ifdef __SSE2__
/// A bit for each of 16 bytes that is neither blank nor NUL.
inline unsigned text_bits(__m128i block, unsigned char blank) {
  const auto padding = _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8(static_cast<char>(blank))),
                                    _mm_cmpeq_epi8(block, _mm_setzero_si128()));
  return ~static_cast<unsigned>(_mm_movemask_epi8(padding)) & 0xFFFFu;
}
inline __m128i load_block(const char* bytes) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes)); }

inline std::size_t behind_last(unsigned bits) { return 32 - static_cast<std::size_t>(__builtin_clz(bits)); }
#endif

/// Length without trailing blanks and NULs.
inline std::size_t trimmed_length(const char* bytes, std::size_t length, unsigned char blank) {
#ifdef __SSE2__
  if (length >= 16) {
    for (; length > 16; length -= 16)
      if (const auto bits = text_bits(load_block(bytes + length - 16), blank)) return length - 16 + behind_last(bits);
    const auto bits = text_bits(load_block(bytes), blank);
    return bits == 0 ? 0 : behind_last(bits);
  }
  if (length >= 8) {
    // The first and the last eight bytes, which may overlap.
    const auto bits =
        text_bits(_mm_set_epi64x(load<std::int64_t>(bytes + length - 8), load<std::int64_t>(bytes)), blank);
    if (bits > 0xFF) return length - 16 + behind_last(bits);
    return bits == 0 ? 0 : behind_last(bits);
  }
#endif
  while (length > 0 && (bytes[length - 1] == '\0' || static_cast<unsigned char>(bytes[length - 1]) == blank)) --length;
  return length;
}

// What a byte becomes in another page: the new byte, or the bytes of UTF-8 with the first lowest and their count in the
// two highest bits; in both `no_entry` where the kernel leaves it to the slow way.
constexpr std::uint32_t no_entry = 1u << 29;
constexpr unsigned count_shift = 30;

/// What all texts need to know of their fields.
struct Texts {
  explicit Texts(const Op& op)
      : in_length(op.from->length),
        out_length(op.to->length),
        most_in(op.most_in),
        in_blank(op.from->page->blank),
        out_blank(op.to->page->blank) {}
  /// Length without padding; beyond most_in it is none of the kernel's.
  std::size_t trimmed(const char* in) const { return trimmed_length(in, in_length, in_blank); }
  bool fill_up(char* out, std::size_t used) const {
    fill(out + used, out + out_length, out_blank);
    return true;
  }
  std::size_t in_length, out_length, most_in;
  unsigned char in_blank, out_blank;
};

struct SamePage : Texts {
  using Texts::Texts;
  bool convert(const char* in, char* out) const {
    const auto length = trimmed(in);
    if (length > most_in) return false;
    std::memcpy(out, in, length);
    return fill_up(out, length);
  }
};

struct ByteToByte : Texts {
  explicit ByteToByte(const Op& op) : Texts(op), table(op.table.data()) {}
  bool convert(const char* in, char* out) const {
    const auto length = trimmed(in);
    if (length > most_in) return false;
    std::uint32_t seen = 0;
    for (std::size_t i = 0; i < length; ++i) {
      const auto entry = table[static_cast<unsigned char>(in[i])];
      seen |= entry;
      out[i] = static_cast<char>(entry);
    }
    return seen < no_entry && fill_up(out, length);
  }
  const std::uint32_t* table;
};

/// Stores all four bytes of an entry; those the character does not have are overwritten by what follows.
inline char* put_entry(char* out, std::uint32_t entry) {
  store_four(out, entry);
  return out + (entry >> count_shift);
}

/// Eight characters; not all of them if one is not ASCII, which the tables mark by its highest bit. Each of the four
/// tables has the bytes where its character stands in the word.
inline bool put_ascii(char* out, const std::uint32_t* tables, const unsigned char* in) {
  const auto word = [&](std::size_t i) {
    return tables[in[i]] | tables[256 + in[i + 1]] | tables[512 + in[i + 2]] | tables[768 + in[i + 3]];
  };
  const auto first = word(0), second = word(4);
  store_four(out, first);
  store_four(out + 4, second);
  return ((first | second) & 0x80808080u) == 0;
}

struct ByteToUtf8 : Texts {
  explicit ByteToUtf8(const Op& op)
      : Texts(op), room(op.room), most_out(op.most_out), table(op.table.data()), ascii(op.ascii.data()) {}

  bool convert(const char* bytes, char* const first) const {
    constexpr std::size_t group = 8;
    constexpr std::ptrdiff_t longest_group = 3 * group + 1;
    const auto length = trimmed(bytes);
    if (length > most_in) return false;
    const auto* in = reinterpret_cast<const unsigned char*>(bytes);
    // Whole groups, also where the last is filled up by padding, each byte of which becomes one byte. Their bytes may
    // go beyond the field: into those to the right, which are written later.
    const auto in_groups = (length + group - 1) / group * group;
    const auto* const in_end = in + length;
    const auto* const groups_end = in + (in_groups <= in_length ? in_groups : in_groups - group);
    char* out = first;
    char* const room_end = out + room;
    std::uint32_t seen = 0;
    for (; in != groups_end && room_end - out >= longest_group; in += group) {
      if (put_ascii(out, ascii, in)) {
        out += group;
        continue;
      }
      for (std::size_t i = 0; i < group; ++i) {
        const auto entry = table[in[i]];
        seen |= entry;
        out = put_entry(out, entry);
      }
    }
    if (in > in_end) out -= in - in_end;
    for (; in < in_end && room_end - out >= 4; ++in) {
      seen |= table[*in];
      out = put_entry(out, table[*in]);
    }
    const auto limit = first + most_out;
    for (; in < in_end; ++in) {
      auto entry = table[*in];
      seen |= entry;
      const auto count = entry >> count_shift;
      if (limit - out < static_cast<std::ptrdiff_t>(count)) return false;
      for (unsigned i = 0; i < count; ++i, entry >>= 8) *out++ = static_cast<char>(entry & 0xFF);
    }
    if ((seen & no_entry) != 0 || out > limit) return false;
    return fill_up(first, static_cast<std::size_t>(out - first));
  }
  std::size_t room, most_out;
  const std::uint32_t *table, *ascii;
};

inline bool is_ascii(const char* bytes, std::size_t length) {
  std::size_t i = 0;
#ifdef __SSE2__
  for (; i + 16 <= length; i += 16)
    if (_mm_movemask_epi8(load_block(bytes + i)) != 0) return false;
#endif
  return std::none_of(bytes + i, bytes + length, [](char byte) { return static_cast<unsigned char>(byte) >= 0x80; });
}

struct Utf8ToUtf8 : Texts {
  using Texts::Texts;
  bool convert(const char* in, char* out) const {
    const auto length = trimmed(in);
    if (length > most_in) return false;
    if (!is_ascii(in, length) && valid_utf8({in, length}) != length) return false;
    std::memcpy(out, in, length);
    return fill_up(out, length);
  }
};

struct Utf8ToByte : Texts {
  explicit Utf8ToByte(const Op& op) : Texts(op), page(*op.to->page) {}
  bool convert(const char* in, char* out) const {
    const auto length = trimmed(in);
    std::size_t used = 0;
    for (std::size_t i = 0; i < length; ++i) {
      unsigned character = static_cast<unsigned char>(in[i]);
      if (character >= 0x80) {
        // U+0080–U+00FF is C2 or C3 and one more byte.
        if (character >> 1 != 0x61 || ++i == length) return false;
        const unsigned second = static_cast<unsigned char>(in[i]);
        if (second >> 6 != 2) return false;
        character = (character & 3) << 6 | (second & 0x3F);
      }
      if (used == out_length || !page.has_latin1[character]) return false;
      out[used++] = static_cast<char>(page.from_latin1[character]);
    }
    return fill_up(out, used);
  }
  const CodePage& page;
};

}  // namespace dfi::records
