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

// What a byte becomes in another page: the new byte, or the bytes of UTF-8 with the first lowest and their count in the
// two highest bits; in both `no_entry` where the kernel leaves it to the slow way.
constexpr std::uint32_t no_entry = 1u << 29;
constexpr unsigned count_shift = 30;

bool run_same_page(const Op& op, const Lane& lane) {
  const Texts texts(op, lane);
  if (texts.length > op.most_in) return run_general(op, lane);
  std::memcpy(texts.out, texts.in, texts.length);
  fill(texts.out + texts.length, texts.end, op.to->page->blank);
  return true;
}

bool run_byte_to_byte(const Op& op, const Lane& lane) {
  const Texts texts(op, lane);
  if (texts.length > op.most_in) return run_general(op, lane);
  std::uint32_t seen = 0;
  for (std::size_t i = 0; i < texts.length; ++i) {
    const auto entry = op.table[static_cast<unsigned char>(texts.in[i])];
    seen |= entry;
    texts.out[i] = static_cast<char>(entry);
  }
  if (seen >= no_entry) return run_general(op, lane);
  fill(texts.out + texts.length, texts.end, op.to->page->blank);
  return true;
}

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

bool run_byte_to_utf8(const Op& op, const Lane& lane) {
  constexpr std::size_t group = 8;
  constexpr std::ptrdiff_t longest_group = 3 * group + 1;
  const Texts texts(op, lane);
  if (texts.length > op.most_in) return run_general(op, lane);
  const auto* const table = op.table.data();
  const auto* in = reinterpret_cast<const unsigned char*>(texts.in);
  // Whole groups, also where the last is filled up by padding, each byte of which becomes one byte. Their bytes may go
  // beyond the field: into those to the right, which are written later.
  const auto in_groups = (texts.length + group - 1) / group * group;
  const auto* const in_end = in + texts.length;
  const auto* const groups_end = in + (in_groups <= op.from->length ? in_groups : in_groups - group);
  char* out = texts.out;
  char* const room_end = out + op.room;
  std::uint32_t seen = 0;
  for (; in != groups_end && room_end - out >= longest_group; in += group) {
    if (put_ascii(out, op.ascii.data(), in)) {
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
  const auto limit = texts.out + op.most_out;
  for (; in < in_end; ++in) {
    auto entry = table[*in];
    seen |= entry;
    const auto count = entry >> count_shift;
    if (limit - out < static_cast<std::ptrdiff_t>(count)) return run_general(op, lane);
    for (unsigned i = 0; i < count; ++i, entry >>= 8) *out++ = static_cast<char>(entry & 0xFF);
  }
  if ((seen & no_entry) != 0 || out > limit) return run_general(op, lane);
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
  if (texts.length > op.most_in) return run_general(op, lane);
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

std::uint32_t utf8_entry(const CodePage& page, std::size_t byte) {
  const auto& utf8 = page.utf8[byte];
  std::uint32_t entry = static_cast<std::uint32_t>(utf8[3]) << count_shift;
  for (unsigned i = 0; i < 3; ++i) entry |= std::uint32_t{static_cast<unsigned char>(utf8[i])} << 8 * i;
  return entry;
}

std::uint32_t byte_entry(const CodePage& from, std::size_t byte, const CodePage& to) {
  const auto found = to.find(from.to_unicode[byte]);
  return found < 0 ? no_entry : static_cast<std::uint32_t>(found);
}

std::vector<std::uint32_t> ascii_tables(const std::vector<std::uint32_t>& table) {
  std::vector<std::uint32_t> tables;
  for (unsigned place = 0; place < 4; ++place)
    for (const auto entry : table) {
      const bool ascii = entry >> count_shift == 1 && (entry & no_entry) == 0;
      tables.push_back((ascii ? entry & 0x7Fu : 0x80u) << 8 * place);
    }
  return tables;
}

/// Can a text of this field be longer in UTF-8 than `length`?
bool may_outgrow(const Field& field, std::size_t length) {
  constexpr std::size_t longest = 3;
  return longest * field.length > length;
}

Op::Run byte_kernel(const Op& op) {
  const bool all = std::all_of(op.table.begin(), op.table.end(), [](auto entry) { return entry < no_entry; });
  return op.from->page == op.to->page && all ? run_same_page : run_byte_to_byte;
}

}  // namespace

Op::Run text_kernel(Op& op) {
  if (op.from->type != Type::chars || op.to->type != Type::chars) return nullptr;
  const auto& from = *op.from->page;
  const auto& to = *op.to->page;
  op.most_in = op.from->length;
  op.most_out = op.to->length;
  op.room = op.record_end != 0 ? op.record_end - op.to->offset : op.to->length;
  const bool grows = is_utf8_page(to) && !is_utf8_page(from);
  if (!grows) op.most_in = std::min(op.most_in, op.most_out);
  if (is_utf8_page(from)) return is_utf8_page(to) ? run_utf8_to_utf8 : run_utf8_to_byte;
  for (std::size_t byte = 0; byte < 256; ++byte)
    op.table.push_back(grows ? utf8_entry(from, byte) : byte_entry(from, byte, to));
  if (!grows) return byte_kernel(op);
  op.ascii = ascii_tables(op.table);
  return run_byte_to_utf8;
}

bool cover_text(Op& op, const Op& between) {
  const bool grows = is_utf8_page(*op.to->page), between_grows = is_utf8_page(*between.to->page);
  if (is_utf8_page(*op.from->page)) {
    // What a page lacks is only known to a table.
    if (!between_grows || !grows) return false;
    op.most_in = std::min(op.most_in, between.most_in);
    return true;
  }
  op.most_in = std::min(op.most_in, between.most_in);
  if (between_grows && grows)
    op.most_out = std::min(op.most_out, between.most_out);
  else if (between_grows && may_outgrow(*op.from, between.most_out))
    return false;
  for (std::size_t byte = 0; byte < 256; ++byte) op.table[byte] |= between.table[byte] & no_entry;
  if (grows)
    op.ascii = ascii_tables(op.table);
  else
    op.run = byte_kernel(op);
  return true;
}

}  // namespace dfi::records
