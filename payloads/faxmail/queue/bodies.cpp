// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/queue/bodies.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <ctime>

#include "base/durable.hpp"
#include "payloads/faxmail/message/parts.hpp"

namespace faxmail {
namespace {

/// A submission takes seconds between file and row; an hour is beyond doubt.
constexpr std::time_t old_enough = 3600;

}  // namespace

std::string Bodies::store(std::string_view message) const {
  // The mode of the data directory decides who may submit; its files are as private as FAXKA.
  if (!fs::is_directory(directory_)) {
    dfi::durable::make_directories(directory_, 02770);
    struct stat parent {};
    if (::stat(directory_.parent_path().c_str(), &parent) == 0 && ::geteuid() == 0)
      dfi::durable::set_owner(directory_, {parent.st_uid, parent.st_gid});
  }
  const auto name = random_hex(16);
  const auto path = path_of(name);
  dfi::durable::NewFile file(path, 0640);
  file.write(message);
  struct stat parent {};
  const bool known = ::stat(directory_.c_str(), &parent) == 0;
  // What root submits belongs to the service like the rest.
  if (known && ::geteuid() == 0 && (parent.st_uid != 0 || parent.st_gid != ::getegid()))
    dfi::durable::set_owner(path, {parent.st_uid, parent.st_gid});
  file.sync();
  file.close();
  return name;
}

void Bodies::sync() const { dfi::durable::sync_directory(directory_); }

void Bodies::remove(const std::string& name) const { dfi::durable::remove(path_of(name)); }

int Bodies::sweep(const std::function<bool(const std::string&)>& known) const {
  int count = 0;
  std::error_code none;
  for (fs::directory_iterator entry(directory_, none), end; entry != end; entry.increment(none)) {
    struct stat status {};
    if (::lstat(entry->path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    if (status.st_mtime > std::time(nullptr) - old_enough || known(entry->path().filename())) continue;
    remove(entry->path().filename());
    ++count;
  }
  return count;
}

}  // namespace faxmail
