// SPDX-License-Identifier: Apache-2.0
// Which version of directfax had which data file at which level.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace dfi::history {

namespace fs = std::filesystem;

struct Version {
  std::string name;                   // "5.91"
  std::map<std::string, int> levels;  // data file → level
};

/// The source tree whose definitions and releases count: this one, or that in DFI_TREE.
fs::path tree();
fs::path definitions();
/// Oldest first: tests/history/levels.toml, then each payloads/directfax/VERSION/product.toml.
std::vector<Version> versions();

}  // namespace dfi::history
