// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/product/data_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "base/durable.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "messages/mail.hpp"

namespace faxmail {
namespace {

constexpr std::size_t trace_position = 222 - 1;
constexpr int area_level = 2;

void require_level(const Capability& capability, const std::string& file, const fs::path& path,
                   const std::string& found) {
  const std::string wanted = std::to_string(capability.level(file));
  if (found == wanted) return;
  throw dfi::Error(
      dfi::msg::mail_level_wrong,
      {{"file", file}, {"found", found}, {"wanted", wanted}, {"version", capability.name()}, {"path", path.string()}});
}

void require_present(const std::string& file, const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) return;
  if (errno == ENOENT) throw dfi::Error(dfi::msg::mail_data_missing, {{"file", file}, {"path", path.string()}});
  throw dfi::os_error("open", path);
}

}  // namespace

SQLite::Database open_data_file(const Layout& layout, const Capability& capability, const std::string& name) {
  const fs::path path = layout.data_file(name);
  require_present(name, path);
  const bool writable = ::access(path.c_str(), W_OK) == 0;
  auto database = dfi::open_database(path, writable ? dfi::Access::read_write : dfi::Access::read_only);
  const int level = dfi::with_database(path, [&] { return database.execAndGet("PRAGMA user_version").getInt(); });
  require_level(capability, name, path, std::to_string(level));
  if (writable) dfi::with_database(path, [&] { database.exec("PRAGMA synchronous=FULL"); });
  return database;
}

std::string read_area(const Layout& layout, const Capability& capability) {
  const fs::path path = layout.data_file("FAXDTAARA");
  require_present("FAXDTAARA", path);
  auto area = dfi::read_file(path);
  if (area.size() != area_length)
    throw dfi::Error(dfi::msg::mail_area_length, {{"file", "FAXDTAARA"},
                                                  {"found", std::to_string(area.size())},
                                                  {"wanted", std::to_string(area_length)},
                                                  {"path", path.string()}});
  require_level(capability, "FAXDTAARA", path, std::to_string(area_level));
  return area;
}

void require_config_level(const Layout& layout, const Capability& capability, const std::string& found) {
  require_level(capability, "FAXMAILC", layout.config_file(), found);
}

char trace_flag(const Layout& layout, const Capability& capability) {
  return read_area(layout, capability)[trace_position];
}

void set_trace_flag(const Layout& layout, const Capability& capability, char flag) {
  auto area = read_area(layout, capability);
  area[trace_position] = flag;
  const fs::path path = layout.data_file("FAXDTAARA");
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw dfi::os_error("stat", path);
  dfi::durable::write_file(path, area, status.st_mode & 07777);
  if (::geteuid() == 0) dfi::durable::set_owner(path, {status.st_uid, status.st_gid});
}

bool clear_trace_flag(const Layout& layout, const Capability& capability) {
  if (trace_flag(layout, capability) == ' ') return false;
  set_trace_flag(layout, capability, ' ');
  return true;
}

}  // namespace faxmail
