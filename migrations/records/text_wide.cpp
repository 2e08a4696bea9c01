// SPDX-License-Identifier: Apache-2.0
#include "migrations/records/text_wide.hpp"

#include <algorithm>

#include "migrations/records/bytes.hpp"

#ifdef __x86_64__
// GCC's own header has a variable that it then warns about (its bug 105593).
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#define WIDE [[gnu::target("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,bmi,bmi2,lzcnt,popcnt")]]
#define WIDE_INLINE [[gnu::always_inline]] WIDE inline

namespace dfi::records {
namespace {

/// Bytes by 256 entries.
struct Entries {
  __m512i first, second, third, fourth;
};

WIDE_INLINE Entries load_entries(const unsigned char* entries) {
  return {_mm512_loadu_si512(entries), _mm512_loadu_si512(entries + 64), _mm512_loadu_si512(entries + 128),
          _mm512_loadu_si512(entries + 192)};
}

WIDE_INLINE __m512i look_up(const Entries& entries, __m512i bytes) {
  const auto low = _mm512_permutex2var_epi8(entries.first, bytes, entries.second);
  const auto high = _mm512_permutex2var_epi8(entries.third, bytes, entries.fourth);
  return _mm512_mask_blend_epi8(_mm512_movepi8_mask(bytes), low, high);
}

/// 32 characters: those of `two` with both their bytes, those of `all` at least with their first. How many bytes.
WIDE_INLINE std::size_t put_half(__m256i firsts, __m256i seconds, std::uint32_t all, std::uint32_t two, char* out) {
  constexpr std::uint64_t even = 0x5555555555555555u;
  const auto pairs = _mm512_or_si512(_mm512_cvtepu8_epi16(firsts), _mm512_slli_epi16(_mm512_cvtepu8_epi16(seconds), 8));
  const auto bytes = _pdep_u64(all, even) | _pdep_u64(two, even << 1);
  const auto count = static_cast<std::size_t>(_mm_popcnt_u64(bytes));
  _mm512_mask_storeu_epi8(out, _bzhi_u64(~0ull, static_cast<unsigned>(count)),
                          _mm512_maskz_compress_epi8(bytes, pairs));
  return count;
}

}  // namespace

bool has_wide_text() {
  static const bool has = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                          __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2") &&
                          __builtin_cpu_supports("bmi2");
  return has;
}

WIDE Mask convert_wide(const WideText& text) {
  const auto firsts = load_entries(text.table->data()), seconds = load_entries(text.table->data() + 256);
  const auto in_bytes = _bzhi_u64(~0ull, static_cast<unsigned>(text.in_length));
  const auto out_bytes = _bzhi_u64(~0ull, static_cast<unsigned>(std::min(text.out_length, most_wide_bytes)));
  const auto padding = _mm512_set1_epi8(static_cast<char>(text.blank)), blanks = _mm512_set1_epi8(' ');
  const auto* in = text.in;
  auto* out = text.out;
  Mask left = 0;
  // Once a text is not ASCII, those behind it are taken for such, too: nobody could guess which way the next one goes.
  bool mixed = false;
  for (std::size_t record = 0; record < text.count; ++record, in += text.in_step, out += text.out_step) {
    const auto bytes = _mm512_maskz_loadu_epi8(in_bytes, in);
    // Padding is blanks and NULs; what was not loaded is NUL.
    const auto characters = _mm512_mask_cmpneq_epi8_mask(_mm512_test_epi8_mask(bytes, bytes), bytes, padding);
    const auto length = 64 - static_cast<std::size_t>(_lzcnt_u64(characters));
    const auto all = _bzhi_u64(~0ull, static_cast<unsigned>(length));
    const auto first = look_up(firsts, bytes);
    const auto two = _mm512_movepi8_mask(first) & all;
    if (text.out_length > most_wide_bytes) fill(out + most_wide_bytes, out + text.out_length, ' ');
    mixed |= two != 0;
    if (!mixed && length <= text.most_in && length <= text.most_out) {
      _mm512_mask_storeu_epi8(out, out_bytes, _mm512_mask_blend_epi8(all, blanks, first));
      continue;
    }
    const auto second = look_up(seconds, bytes);
    const auto used = length + static_cast<std::size_t>(_mm_popcnt_u64(two));
    const bool has_others = (two & ~_mm512_test_epi8_mask(second, second)) != 0;
    if (has_others || length > text.most_in || used > text.most_out) {
      left |= bit(record);
      continue;
    }
    _mm512_mask_storeu_epi8(out, out_bytes, blanks);
    const auto half = put_half(_mm512_castsi512_si256(first), _mm512_castsi512_si256(second),
                               static_cast<std::uint32_t>(all), static_cast<std::uint32_t>(two), out);
    if (text.in_length > 32)
      put_half(_mm512_extracti64x4_epi64(first, 1), _mm512_extracti64x4_epi64(second, 1),
               static_cast<std::uint32_t>(all >> 32), static_cast<std::uint32_t>(two >> 32), out + half);
  }
  return left;
}

}  // namespace dfi::records

#else

namespace dfi::records {
bool has_wide_text() { return false; }
Mask convert_wide(const WideText& text) { return first_bits(text.count); }
}  // namespace dfi::records

#endif
