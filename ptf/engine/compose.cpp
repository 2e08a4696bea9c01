// SPDX-License-Identifier: Apache-2.0
#include <fnmatch.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "base/clock.hpp"
#include "base/durable.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/hash.hpp"
#include "messages/ptf.hpp"
#include "ptf/engine/ptf.hpp"

namespace dfi::ptf {

fs::path saved_objects_path(const Layout& layout) {
  const auto stem = "PTF" + today_yymmdd();
  auto path = layout.product_base() / (stem + ".SAVF");
  for (int n = 2; fs::exists(path); ++n) path = layout.product_base() / (stem + "-" + std::to_string(n) + ".SAVF");
  return path;
}

void save_objects(const Manifest& ptf, const Generation& installed, const fs::path& target) {
  Manifest saved;
  saved.save_file = target.filename().string();
  saved.type = "saved";
  saved.product = ptf.product;
  saved.version = installed.manifest.version;
  saved.min_dfinstall = DFI_VERSION;
  saved.platform = ptf.platform;
  saved.ptf = ptf.ptf;
  for (const auto& object : ptf.objects) {
    if (!fs::exists(installed.path / object.path)) {
      saved.absent.push_back(object.path);
      continue;
    }
    auto before = object;
    before.replaces.clear();
    before.mode = static_cast<mode_t>(fs::status(installed.path / object.path).permissions()) & 07777;
    saved.objects.push_back(before);
  }
  auto written = write_save_file(
      target, saved, [&](const Object& o) { return installed.path / o.path; }, {}, 3);
  // Nothing is replaced before this copy was read back from disk.
  auto again = SaveFile::open(target, nullptr);
  again.verify();
  if (again.manifest().to_json() != written.to_json())
    throw Error(msg::saved_objects_wrong, {{"path", target.string()}});
}

void compose(const Generation& installed, const std::vector<Object>& objects, const fs::path& source,
             const std::vector<std::string>& removed, std::vector<AppliedPtf> ptfs, const fs::path& target) {
  std::set<std::string> changed(removed.begin(), removed.end());
  for (const auto& object : objects) changed.insert(object.path);
  Generation next = installed;
  next.ptfs = std::move(ptfs);
  auto& list = next.manifest.objects;
  list.erase(std::remove_if(list.begin(), list.end(), [&](const Object& o) { return changed.count(o.path) > 0; }),
             list.end());

  fs::create_directories(target);
  for (const auto& object : list) {
    fs::create_directories((target / object.path).parent_path());
    const auto from = installed.path / object.path, to = target / object.path;
    if (::link(from.c_str(), to.c_str()) != 0) throw os_error("link", from);
  }
  for (auto object : objects) {
    fs::create_directories((target / object.path).parent_path());
    fs::rename(source / object.path, target / object.path);
    object.replaces.clear();
    list.push_back(object);
  }
  std::sort(list.begin(), list.end(), [](const Object& a, const Object& b) { return a.path < b.path; });
  next.write_to(target);
  durable::sync_file_system(target);
}

std::vector<Service> affected_services(const std::vector<Service>& services, const std::vector<std::string>& objects) {
  std::vector<Service> affected;
  for (const auto& service : services) {
    const bool uses = std::any_of(objects.begin(), objects.end(), [&](const auto& object) {
      return std::any_of(service.objects.begin(), service.objects.end(),
                         [&](const auto& glob) { return ::fnmatch(glob.c_str(), object.c_str(), 0) == 0; });
    });
    if (uses) affected.push_back(service);
  }
  return affected;
}

}  // namespace dfi::ptf
