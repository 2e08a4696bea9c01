// SPDX-License-Identifier: Apache-2.0
#include "core/temporaries.hpp"

#include <regex>
#include <vector>

#include "base/durable.hpp"
#include "base/process.hpp"

namespace dfi {

namespace {

// Private directories of `plan` and `check` that were killed.
void sweep_scratch(const Layout& layout) {
  static const std::regex pattern(R"((preview|check)-(\d{1,9}))");
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(layout.state() / "staging", error)) {
    std::smatch match;
    const auto name = entry.path().filename().string();
    if (std::regex_match(name, match, pattern) && !ProcessIdentity::of(std::stoi(match[2])))
      durable::remove_tree(entry.path());
  }
}

}  // namespace

void sweep_temporaries(const Layout& layout) {
  sweep_scratch(layout);
  static const std::regex pattern(R"(\..+\.tmp(\d{1,9})\.\d+)");
  std::vector<fs::path> directories{layout.product_base(),
                                    layout.releases(),
                                    layout.data(),
                                    layout.data() / ".dfinstall",
                                    layout.config(),
                                    layout.config() / ".dfinstall",
                                    layout.state(),
                                    layout.depot(),
                                    layout.backups(),
                                    layout.aborts(),
                                    layout.evidence(),
                                    layout.support(),
                                    layout.state() / "services",
                                    layout.root() / "etc/opt/dfinstall",
                                    layout.root() / "etc/systemd/system",
                                    layout.root() / "etc/sysusers.d",
                                    layout.root() / "etc/tmpfiles.d"};
  for (const auto& parent : {layout.releases(), layout.backups(), layout.state() / "rejects",
                             layout.state() / "rescued", layout.state() / "carry-over"}) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(parent, error))
      if (entry.is_directory()) directories.push_back(entry.path());
  }
  // Definitions over which corrections are laid; the tree comes into use as it is.
  std::error_code none;
  for (const auto& entry : fs::recursive_directory_iterator(layout.state() / "staging", none))
    if (entry.is_directory() && !entry.is_symlink()) directories.push_back(entry.path());
  for (const auto& directory : directories) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(directory, error)) {
      std::smatch match;
      const auto name = entry.path().filename().string();
      if (!std::regex_match(name, match, pattern) || ProcessIdentity::of(std::stoi(match[1]))) continue;
      durable::remove(entry.path());
    }
  }
}

}  // namespace dfi
