// SPDX-License-Identifier: Apache-2.0
// SHA-256 as 64 lower-case hex digits: the identity of objects, save files and trees.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace dfi {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  void update(std::string_view bytes);
  /// Ends the digest; the object is then used up.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256(std::string_view bytes);
/// Reads the whole file. Throws os_error.
std::string sha256_file(const std::filesystem::path& path);

}  // namespace dfi
