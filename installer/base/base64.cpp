// SPDX-License-Identifier: Apache-2.0
#include "base/base64.hpp"

#include <openssl/evp.h>

namespace dfi {

std::string base64(std::string_view bytes) {
  std::string result((bytes.size() + 2) / 3 * 4 + 1, '\0');
  auto* out = reinterpret_cast<unsigned char*>(result.data());
  const auto* in = reinterpret_cast<const unsigned char*>(bytes.data());
  const int length = EVP_EncodeBlock(out, in, static_cast<int>(bytes.size()));
  result.resize(static_cast<std::size_t>(length));
  return result;
}

}  // namespace dfi
