// SPDX-License-Identifier: Apache-2.0
#include <cerrno>

#include "base/durable.hpp"
#include "base/error.hpp"
#include "core/repository.hpp"
#include "messages/release.hpp"

namespace dfi {
namespace {

fs::path copy_directory(const fs::path& from, const fs::path& to) {
  durable::remove_tree(to);
  durable::make_directories(to, 0750);
  for (const auto& entry : fs::directory_iterator(from))
    if (entry.is_regular_file()) durable::copy_file(entry.path(), to / entry.path().filename());
  return to;
}

fs::path copy_local(const Layout& layout, const fs::path& asked) {
  durable::make_directories(layout.depot(), 0750);
  const auto source = fs::canonical(asked);  // a link to the newest release is a common habit
  const auto& path = source;
  if (!path.has_filename()) throw Error(msg::not_a_release, {{"name", path.string()}});
  const auto target = layout.depot() / path.filename();
  if (path == target) return target;
  if (fs::is_directory(source)) return copy_directory(source, target);
  durable::copy_file(source, target);
  return target;
}

// The last part of an address, without query and fragment.
std::string file_name_of(const std::string& url) {
  auto name = fs::path(url.substr(0, url.find_first_of("?#"))).filename().string();
  if (name.empty() || name[0] == '.') throw Error(msg::not_a_release, {{"name", url}});
  return name;
}

}  // namespace

fs::path receive_release(const Layout& layout, const std::string& asked, const HostConfig& config,
                         const DownloadOptions& options, const TrustedKeys& keys) {
  if (asked.find("://") != std::string::npos)  // any but https:// is refused by the download itself
    return fetch_to_depot(layout, asked, file_name_of(asked), nullptr, options);
  if (!asked.empty() && fs::exists(asked)) return copy_local(layout, asked);
  // What looks like a path is no version: say that the file is missing, not that nobody offers it.
  if (asked.find('/') != std::string::npos) throw os_error("open", asked, ENOENT);
  if (config.repository.empty()) throw Error(msg::repository_missing, {{"asked", asked}});
  auto index = RepositoryIndex::fetch(config.repository, options, keys);
  const auto& offered = index.release(asked);
  return fetch_to_depot(layout, index.address(offered), offered.file, &offered, options);
}

}  // namespace dfi
