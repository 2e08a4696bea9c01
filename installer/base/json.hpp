// SPDX-License-Identifier: Apache-2.0
// JSON documents that machines write. Reading names the file and the key that is wrong.
#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>

namespace dfi {

using Json = nlohmann::ordered_json;

/// Parses; throws Error json_malformed naming `origin`.
Json parse_json(std::string_view text, const std::filesystem::path& origin);
/// Reads a document's fields inside `read`; a missing or wrong field becomes Error json_malformed naming `origin`.
template <class Read>
auto from_json_document(const std::filesystem::path& origin, Read read) -> decltype(read());
[[noreturn]] void throw_json_malformed(const std::filesystem::path& origin, const char* reason);

template <class Read>
auto from_json_document(const std::filesystem::path& origin, Read read) -> decltype(read()) {
  try {
    return read();
  } catch (const nlohmann::json::exception& e) {
    throw_json_malformed(origin, e.what());
  }
}

}  // namespace dfi
