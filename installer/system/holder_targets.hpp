// SPDX-License-Identifier: Apache-2.0
// What a HolderQuery means on disk: every object and data file by device and inode, so that hard links, bind mounts
// and other mount name spaces are seen, and by name, so that replaced and removed files are seen too.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>

#include "system/file_facts.hpp"
#include "system/system.hpp"

namespace dfi {

class HolderTargets {
 public:
  explicit HolderTargets(const HolderQuery& query);

  struct Match {
    fs::path path;
    bool deleted;
  };
  /// `name` is the path as the kernel writes it, with " (deleted)" behind a removed file.
  std::optional<Match> data_file(const FileKey& key, const std::string& name) const;
  std::optional<Match> object(const FileKey& key, const std::string& name) const;
  /// Whether a name on this device may be one of ours: containers have other names for other files.
  bool may_be_ours(const FileKey& key) const { return devices_.count(key.device) != 0; }
  /// The mounts by which our names count.
  const std::vector<Mount>& mounts() const { return mounts_; }

 private:
  void add_data_file(const fs::path& shown, const fs::path& real);
  void add_tree(const fs::path& tree);
  void remember(const fs::path& real, const fs::path& shown, std::map<FileKey, fs::path>& into);

  std::vector<Mount> mounts_;
  std::map<FileKey, fs::path> data_, objects_;
  std::map<std::string, fs::path> data_names_;
  std::string tree_;                 // with a slash behind it; empty = none
  std::set<std::uint64_t> devices_;  // a name alone may come from a container: it counts on our file systems only
};

}  // namespace dfi
