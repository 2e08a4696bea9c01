// SPDX-License-Identifier: Apache-2.0
#include "system/holder_targets.hpp"

#include "base/companions.hpp"

namespace dfi {
namespace {

struct KernelName {
  std::string path;
  bool deleted;
};

KernelName split(const std::string& name) {
  static const std::string suffix = " (deleted)";
  const bool deleted =
      name.size() > suffix.size() && name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0;
  return {deleted ? name.substr(0, name.size() - suffix.size()) : name, deleted};
}

fs::path real_path(const fs::path& path) {
  std::error_code error;
  auto real = fs::weakly_canonical(fs::absolute(path), error);
  return error ? fs::absolute(path).lexically_normal() : real;
}

}  // namespace

HolderTargets::HolderTargets(const HolderQuery& query) : mounts_(read_mounts()) {
  for (const auto& file : query.data_files) {
    const auto real = real_path(file);
    for (const char* suffix : suffixes_with_companions) add_data_file(file.string() + suffix, real.string() + suffix);
  }
  if (!query.product_tree.empty()) add_tree(real_path(query.product_tree));
}

void HolderTargets::remember(const fs::path& real, const fs::path& shown, std::map<FileKey, fs::path>& into) {
  if (const auto facts = facts_of(real))
    for (const auto& key : keys_of(*facts, mounts_)) {
      into.emplace(key, shown);
      devices_.insert(key.device);
    }
}

void HolderTargets::add_data_file(const fs::path& shown, const fs::path& real) {
  data_names_[real.string()] = shown;
  remember(real, shown, data_);
  // A removed file lay on the file system of its directory.
  if (const auto directory = facts_of(real.parent_path()))
    for (const auto& key : keys_of(*directory, mounts_)) devices_.insert(key.device);
}

void HolderTargets::add_tree(const fs::path& tree) {
  tree_ = tree.string() + "/";
  remember(tree, tree, objects_);
  std::error_code error;
  fs::recursive_directory_iterator entry(tree, fs::directory_options::skip_permission_denied, error);
  for (; !error && entry != fs::end(entry); entry.increment(error)) {
    std::error_code ignored;
    if (!entry->is_symlink(ignored)) remember(entry->path(), entry->path(), objects_);
  }
}

std::optional<HolderTargets::Match> HolderTargets::data_file(const FileKey& key, const std::string& name) const {
  if (const auto found = data_.find(key); found != data_.end()) return Match{found->second, false};
  if (devices_.count(key.device) == 0) return std::nullopt;
  const auto [path, deleted] = split(name);
  const auto named = data_names_.find(path);
  if (named == data_names_.end()) return std::nullopt;
  return Match{named->second, deleted};
}

std::optional<HolderTargets::Match> HolderTargets::object(const FileKey& key, const std::string& name) const {
  if (const auto found = objects_.find(key); found != objects_.end()) return Match{found->second, false};
  if (tree_.empty() || devices_.count(key.device) == 0) return std::nullopt;
  const auto [path, deleted] = split(name);
  if (path.rfind(tree_, 0) != 0) return std::nullopt;
  return Match{path, deleted};
}

}  // namespace dfi
