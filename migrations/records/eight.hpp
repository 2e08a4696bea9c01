// SPDX-License-Identifier: Apache-2.0
// Eight records side by side: words in one register of AVX-512. For number_wide.cpp and its readers only, which
// are compiled for processors that have it.
#pragma once
#include "migrations/records/format.hpp"

// GCC's own header has a variable that it then warns about (its bug 105593).
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
// Its functions are macros then, and convert in our name.
#ifndef __OPTIMIZE__
#pragma GCC diagnostic ignored "-Wsign-conversion"
#endif
#endif
#include <immintrin.h>

#define WIDE [[gnu::target("avx512f,avx512bw,avx512dq,avx512cd,avx512vl")]]
#define WIDE_INLINE [[gnu::always_inline]] WIDE inline

namespace dfi::records {

/// A word of eight records each, and a bit for each of them.
using Eight = std::uint64_t __attribute__((vector_size(64)));
using Bits = __mmask8;

WIDE_INLINE __m512i raw(Eight words) { return reinterpret_cast<__m512i>(words); }
WIDE_INLINE Eight from_raw(__m512i words) { return reinterpret_cast<Eight>(words); }
WIDE_INLINE Eight all(std::uint64_t word) { return from_raw(_mm512_set1_epi64(static_cast<std::int64_t>(word))); }
WIDE_INLINE Bits is(Eight words, std::uint64_t word) { return _mm512_cmpeq_epi64_mask(raw(words), raw(all(word))); }
WIDE_INLINE Bits is_zero(Eight words) { return _mm512_testn_epi64_mask(raw(words), raw(words)); }
WIDE_INLINE Bits below(Eight words, std::uint64_t word) { return _mm512_cmplt_epu64_mask(raw(words), raw(all(word))); }
WIDE_INLINE Bits within(Eight units, std::int64_t low, std::int64_t high) {
  return _mm512_cmpge_epi64_mask(raw(units), _mm512_set1_epi64(low)) &
         _mm512_cmple_epi64_mask(raw(units), _mm512_set1_epi64(high));
}
WIDE_INLINE Eight choose(Bits bits, Eight yes, Eight no) {
  return from_raw(_mm512_mask_blend_epi64(bits, raw(no), raw(yes)));
}
WIDE_INLINE Eight negate(Bits bits, Eight units) { return choose(bits, all(0) - units, units); }
WIDE_INLINE __m512i places(std::size_t step) { return raw(Eight{0, 1, 2, 3, 4, 5, 6, 7} * all(step)); }

/// The first byte in memory is the highest.
WIDE_INLINE Eight load_words(const char* at, std::size_t step, Bits present) {
  const Eight order = all(0x0001020304050607u) + Eight{0, 0x0808080808080808u, 0, 0x0808080808080808u,
                                                       0, 0x0808080808080808u, 0, 0x0808080808080808u};
  const auto words = _mm512_mask_i64gather_epi64(_mm512_setzero_si512(), present, places(step), at, 1);
  return from_raw(_mm512_shuffle_epi8(words, raw(order)));
}
/// The lowest byte becomes the first in memory.
WIDE_INLINE void store_words(char* at, std::size_t step, Bits bits, Eight words) {
  _mm512_mask_i64scatter_epi64(at, bits, places(step), raw(words), 1);
}
WIDE_INLINE void store_halves(char* at, std::size_t step, Bits bits, Eight words) {
  _mm512_mask_i64scatter_epi32(at, bits, places(step), _mm512_cvtepi64_epi32(raw(words)), 1);
}

/// Fields of up to eight bytes, as the lowest bytes of words: loaded with their neighbours in the record.
class ShortField {
 public:
  ShortField(const Field& field, std::size_t step)
      : step_(step), unused_(64 - 8 * field.length), ends_with_field_(field.offset + field.length >= 8) {}
  static bool takes(const Field& field, std::size_t step) {
    return field.length >= 1 && field.length <= 8 && (field.offset + field.length >= 8 || field.offset + 8 <= step);
  }
  WIDE_INLINE Eight load(const char* at, Bits present) const {
    if (ends_with_field_) return load_words(at - unused_ / 8, step_, present) << unused_ >> unused_;
    return load_words(at, step_, present) >> unused_;
  }
  std::size_t unused() const { return unused_; }

 private:
  std::size_t step_, unused_;  // bits
  bool ends_with_field_;
};

}  // namespace dfi::records
