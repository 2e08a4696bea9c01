// SPDX-License-Identifier: Apache-2.0
// Chance that falls the same on every machine: the distributions of the standard library do not.
#pragma once
#include <array>
#include <cstdint>
#include <random>
#include <string>

namespace dfi::history {

class Chance {
 public:
  /// Each record of each file has its own, so that a longer file begins with the shorter one.
  Chance(std::uint64_t seed, const std::string& file, std::uint64_t number) {
    std::uint64_t start = 14695981039346656037u ^ seed;
    for (const char c : file + "/" + std::to_string(number))
      start = (start ^ static_cast<unsigned char>(c)) * 1099511628211u;
    engine_.seed(start);
  }
  unsigned below(unsigned end) { return static_cast<unsigned>(engine_() % end); }
  bool one_in(unsigned times) { return below(times) == 0; }
  template <std::size_t n>
  std::string pick(const std::array<const char*, n>& list) {
    return list.at(below(static_cast<unsigned>(n)));
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace dfi::history
