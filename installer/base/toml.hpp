// SPDX-License-Identifier: Apache-2.0
// Files that people write. Include this in .cpp files only: toml++ is a heavy header.
#pragma once
#include <toml++/toml.h>

#include <filesystem>
#include <string>

#include "base/error.hpp"
#include "base/file.hpp"
#include "messages/general.hpp"

namespace dfi {

[[nodiscard]] inline Error toml_error(const fs::path& path, const toml::source_region& where,
                                      const std::string& reason) {
  return Error(msg::toml_malformed,
               {{"path", path.string()}, {"line", std::to_string(where.begin.line)}, {"reason", reason}});
}

/// Throws Error toml_malformed with file, line and reason.
inline toml::table parse_toml(std::string_view text, const fs::path& origin) {
  try {
    return toml::parse(text, origin.string());
  } catch (const toml::parse_error& e) {
    throw toml_error(origin, e.source(), std::string(e.description()));
  }
}

inline toml::table read_toml(const fs::path& path) { return parse_toml(read_file(path), path); }

}  // namespace dfi
