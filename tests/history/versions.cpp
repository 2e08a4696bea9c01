// SPDX-License-Identifier: Apache-2.0
#include "tests/history/versions.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/toml.hpp"

namespace dfi::history {
namespace {

Version read_old(std::string_view name, const toml::node& node) {
  Version version{std::string(name), {}};
  for (const auto& [file, level] : *node.as_table())
    version.levels[std::string(file.str())] = static_cast<int>(level.value<std::int64_t>().value());
  return version;
}

Version read_release(const fs::path& path) {
  const auto product = read_toml(path);
  Version version{product["version"].value<std::string>().value(), {}};
  for (const auto& file : *product["data_files"].as_array()) {
    const auto& table = *file.as_table();
    version.levels[table["name"].value<std::string>().value()] =
        static_cast<int>(table["level"].value<std::int64_t>().value());
  }
  return version;
}

}  // namespace

fs::path tree() {
  const char* other = std::getenv("DFI_TREE");
  return other ? other : DFI_SOURCES;
}

fs::path definitions() { return tree() / "migrations/definitions"; }

std::vector<Version> versions() {
  std::vector<Version> result;
  for (const auto& [name, levels] : read_toml(tree() / "tests/history/levels.toml"))
    result.push_back(read_old(name.str(), levels));
  for (const auto& entry : fs::directory_iterator(tree() / "payloads/directfax"))
    if (fs::exists(entry.path() / "product.toml")) result.push_back(read_release(entry.path() / "product.toml"));
  // Two digits on each side of the point: the order of texts is that of the versions.
  std::sort(result.begin(), result.end(), [](const Version& a, const Version& b) { return a.name < b.name; });
  return result;
}

}  // namespace dfi::history
