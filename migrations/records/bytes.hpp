// SPDX-License-Identifier: Apache-2.0
// Short runs of bytes without calls and loops.
#pragma once
#include <cstdint>
#include <cstring>

namespace dfi::records {

template <class Word>
Word load(const void* bytes) {
  Word word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

constexpr std::uint64_t each_byte = 0x0101010101010101u;

/// Like memset: most gaps are short.
inline void fill(char* at, char* end, unsigned char blank) {
  const auto length = static_cast<std::size_t>(end - at);
  const std::uint64_t blanks = each_byte * blank;
  if (length >= 16) {
    const std::uint64_t pair[] = {blanks, blanks};
    for (; end - at > 16; at += 16) std::memcpy(at, pair, 16);
    std::memcpy(end - 16, pair, 16);
  } else if (length >= 8) {
    std::memcpy(at, &blanks, 8);
    std::memcpy(end - 8, &blanks, 8);
  } else if (length >= 4) {
    std::memcpy(at, &blanks, 4);
    std::memcpy(end - 4, &blanks, 4);
  } else {
    for (std::size_t i = 0; i < length; ++i) at[i] = static_cast<char>(blank);
  }
}

inline std::uint32_t big_endian(std::uint32_t word) {
  return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap32(word) : word;
}
inline std::uint64_t big_endian(std::uint64_t word) {
  return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap64(word) : word;
}

/// The first byte in memory is the lowest.
inline std::uint16_t little_endian(std::uint16_t word) {
  return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? word : __builtin_bswap16(word);
}
inline std::uint64_t little_endian(std::uint64_t word) {
  return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? word : __builtin_bswap64(word);
}

/// The lowest byte becomes the first in memory.
inline void store(char* out, std::uint64_t bytes) {
  bytes = little_endian(bytes);
  std::memcpy(out, &bytes, sizeof bytes);
}
inline void store_four(char* out, std::uint32_t bytes) {
  if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__) bytes = __builtin_bswap32(bytes);
  std::memcpy(out, &bytes, sizeof bytes);
}

/// One to eight bytes as a big-endian number.
inline std::uint64_t load_big_endian(const unsigned char* bytes, std::size_t length) {
  if (length >= 4) {
    const std::uint64_t high = big_endian(load<std::uint32_t>(bytes));
    const std::uint64_t low = big_endian(load<std::uint32_t>(bytes + length - 4));
    return high << 8 * (length - 4) | low;
  }
  // The first, the middle and the last byte, which may be the same.
  const auto middle = length / 2;
  return std::uint64_t{bytes[0]} << 8 * (length - 1) | std::uint64_t{bytes[middle]} << 8 * (length - 1 - middle) |
         bytes[length - 1];
}

}  // namespace dfi::records
