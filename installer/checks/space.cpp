// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/file.hpp"
#include "checks/checks.hpp"
#include "messages/check.hpp"

namespace dfi::checks {
namespace {

constexpr std::uintmax_t new_file = 65536;  // an empty data file
// Beside what is computed, each file system keeps a reserve for journals, logs and other programs.
constexpr std::uintmax_t reserve(std::uintmax_t need) { return need / 20 + (std::uintmax_t{1} << 20); }

std::string human(std::uintmax_t bytes) {
  if (bytes < (1u << 20)) return fmt::format("{} KiB", (bytes + 1023) / 1024);
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20));
}

// Those the installed product shares with others; a damaged generation names none.
std::vector<fs::path> further_directories(const Layout& layout) {
  std::vector<fs::path> directories;
  try {
    if (auto installed = Generation::current(layout))
      for (const auto& directory : installed->spec().directories) directories.push_back(layout.root() / directory);
  } catch (const Error&) {
    return {};
  }
  return directories;
}

/// What conversions need beside one data file, and have not taken yet.
std::uintmax_t beside(const DataFilePlan& file) {
  if (!file.exists) return new_file;
  if (file.steps.empty() || file.in_place) return 0;
  return file.estimate.space > file.there ? file.estimate.space - file.there : 0;
}

class Sums {
 public:
  void add(const fs::path& where, std::uintmax_t bytes) {
    auto space = space_of(where);
    by_device_.try_emplace(space.device, SpaceNeed{space.mount_point, 0, space.free_bytes}).first->second.needed +=
        bytes;
  }
  /// Two things which are not there at the same time: on each file system the larger one counts.
  void take_larger(const Sums& other) {
    for (const auto& [device, need] : other.by_device_) {
      auto& mine = by_device_.try_emplace(device, need).first->second;
      mine.needed = std::max(mine.needed, need.needed);
    }
  }
  std::vector<SpaceNeed> needs() const {
    std::vector<SpaceNeed> needs;
    for (const auto& entry : by_device_) {
      needs.push_back(entry.second);
      needs.back().needed += reserve(needs.back().needed);
    }
    return needs;
  }

 private:
  std::map<std::uint64_t, SpaceNeed> by_device_;
};

}  // namespace

std::vector<SpaceNeed> space_needs(const Layout& layout, const Manifest* target, const std::vector<DataFilePlan>& files,
                                   Saving saving) {
  Sums sums;
  if (target) {
    std::uintmax_t product = 0;
    for (const auto& object : target->objects) product += object.size + 4096;
    sums.add(layout.releases(), product);
  }
  Sums drill;
  if (saving != Saving::nothing) {
    std::error_code error;
    const auto current = fs::canonical(layout.current(), error);
    const auto data = tree_size(layout.data());
    auto saved = (error ? 0 : tree_size(current)) + data + tree_size(layout.config());
    for (const auto& directory : further_directories(layout)) saved += tree_size(directory);
    // A backup can not be larger than what it holds (how well that compresses is not known before) and the consistent
    // copies of the databases it is made from. Those are gone when it is restored on trial.
    sums.add(layout.backups(), saved + data);
    drill = sums;
    if (saving == Saving::backup_and_drill) drill.add(layout.state(), saved);
  }
  for (const auto& file : files) sums.add(file.file.path.parent_path(), beside(file));
  sums.take_larger(drill);
  return sums.needs();
}

std::vector<SpaceNeed> drill_space_needs(const fs::path& scratch, std::uintmax_t bytes) {
  Sums sums;
  sums.add(scratch, bytes);
  return sums.needs();
}

std::vector<SpaceNeed> trial_space_needs(const fs::path& directory, const std::vector<DataFilePlan>& files) {
  Sums sums;
  std::uintmax_t most = 0;  // one file after the other, each removed before the next
  for (const auto& file : files)
    if (file.converts()) most = std::max(most, file.estimate.bytes_in + beside(file));
  sums.add(directory, most);
  return sums.needs();
}

Findings space(const std::vector<SpaceNeed>& needs) {
  Findings findings;
  for (const auto& need : needs) {
    const bool enough = need.free_bytes >= need.needed;
    Args args{{"mount", need.mount_point.string()}, {"needed", human(need.needed)}, {"free", human(need.free_bytes)}};
    findings.push_back(
        {enough ? Severity::note : Severity::blocker,
         {enough ? msg::space_enough : msg::space_short, args},
         {{"mount_point", need.mount_point.string()}, {"needed", need.needed}, {"free", need.free_bytes}}});
  }
  return findings;
}

}  // namespace dfi::checks
