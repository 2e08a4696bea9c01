// SPDX-License-Identifier: Apache-2.0
#include <sys/statvfs.h>

#include "base/error.hpp"
#include "system/file_facts.hpp"
#include "system/system.hpp"

namespace dfi {

FileSystemSpace space_of(const fs::path& path) {
  auto place = fs::absolute(path).lexically_normal();
  auto facts = facts_of(place);
  while (!facts && place.has_relative_path()) {
    place = place.parent_path();
    facts = facts_of(place);
  }
  struct statvfs st {};
  if (!facts || ::statvfs(place.c_str(), &st) != 0) throw os_error("examine", place);
  const auto mounts = read_mounts();
  const auto* mount = find_mount(mounts, *facts);
  FileSystemSpace space{facts->key.device,
                        mount ? mount->point : fs::path("/"),
                        std::uintmax_t{st.f_bavail} * st.f_frsize,
                        std::uintmax_t{st.f_blocks} * st.f_frsize,
                        st.f_files,
                        st.f_favail,
                        {},
                        {},
                        {}};
  if (mount) {
    space.type = mount->type;
    space.source = mount->source;
    space.options = mount->options;
  }
  return space;
}

}  // namespace dfi
