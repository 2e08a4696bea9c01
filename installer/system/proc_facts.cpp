// SPDX-License-Identifier: Apache-2.0
#include "system/proc_facts.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <sstream>

#include "base/error.hpp"
#include "base/file.hpp"

namespace dfi::proc {

std::vector<std::string> arguments(pid_t pid) {
  std::vector<std::string> result;
  std::istringstream text(slurp(path(pid, "cmdline")));
  for (std::string argument; std::getline(text, argument, '\0');) result.push_back(argument);
  return result;
}

std::string command(pid_t pid, const Stat& stat) {
  auto text = slurp(path(pid, "cmdline"));
  while (!text.empty() && text.back() == '\0') text.pop_back();
  if (text.empty()) text = "[" + stat.name + "]";
  for (auto& c : text) {
    // Whoever names a process must not write escape sequences on the operator's screen.
    if (c == '\0')
      c = ' ';
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      c = '?';
  }
  return text;
}

std::string user(pid_t pid) {
  std::istringstream lines(slurp(path(pid, "status")));
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("Uid:", 0) != 0) continue;
    std::istringstream fields(line.substr(4));
    uid_t real = 0, effective = 0;
    fields >> real >> effective;
    const auto* entry = ::getpwuid(effective);
    return entry ? entry->pw_name : std::to_string(effective);
  }
  return {};
}

// Read by hand: a machine has tens of thousands of these lines, and most of a look goes into them.
std::vector<Mapping> mappings(pid_t pid) {
  std::vector<Mapping> result;
  const auto text = slurp(path(pid, "maps"));
  for (std::size_t begin = 0, end; begin < text.size(); begin = end + 1) {
    end = std::min(text.find('\n', begin), text.size());
    // "7f1c8a000000-7f1c8a021000 r-xp 00000000 fe:00 10987778    /usr/bin/name"
    const char *at = text.data() + begin, *stop = text.data() + end;
    for (int field = 0; field < 3 && at != stop; ++field) at = std::min(std::find(at, stop, ' ') + 1, stop);
    unsigned major = 0, minor = 0;
    std::uint64_t inode = 0;
    at = std::from_chars(at, stop, major, 16).ptr;
    if (at == stop || *at != ':') continue;
    at = std::from_chars(at + 1, stop, minor, 16).ptr;
    if (at == stop || *at != ' ') continue;
    at = std::from_chars(at + 1, stop, inode).ptr;
    const FileKey key{makedev(major, minor), inode};
    if (inode == 0 || (!result.empty() && result.back().file == key)) continue;  // anonymous; the next part
    result.push_back({key, std::string(std::find_if(at, stop, [](char c) { return c != ' '; }), stop)});
  }
  return result;
}

std::string started(const Stat& stat) {
  static const std::time_t boot = [] {
    const auto text = slurp("/proc/stat");
    const auto at = text.find("\nbtime ");
    return at == std::string::npos ? std::time_t{0} : static_cast<std::time_t>(std::stoll(text.substr(at + 7)));
  }();
  static const auto ticks = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  const std::time_t moment = boot + static_cast<std::time_t>(stat.start_ticks / ticks);
  std::tm utc{};
  ::gmtime_r(&moment, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

std::string terminal_name(unsigned device) {
  if (device == 0) return {};
  const unsigned major = (device >> 8) & 0xfff, minor = (device & 0xff) | ((device >> 12) & 0xfff00);
  if (major >= 136 && major <= 143) return fmt::format("pts/{}", minor + (major - 136) * 256);
  const auto target = link(fmt::format("/sys/dev/char/{}:{}", major, minor));
  return target.empty() ? fmt::format("{}:{}", major, minor) : fs::path(target).filename().string();
}

std::string unit_of(std::string_view cgroup) {
  auto ends = [](const std::string& text, std::string_view tail) {
    return text.size() > tail.size() && text.compare(text.size() - tail.size(), tail.size(), tail) == 0;
  };
  std::string scope;
  std::istringstream lines{std::string(cgroup)};
  for (std::string line; std::getline(lines, line);) {
    const bool of_systemd = line.rfind("0::", 0) == 0 || line.find(":name=systemd:") != std::string::npos;
    if (!of_systemd) continue;
    std::string service;
    for (const auto& part : fs::path(line.substr(line.find(":/") + 1))) {
      if (ends(part.string(), ".service")) service = part.string();
      if (ends(part.string(), ".scope")) scope = part.string();
    }
    if (!service.empty()) return service;
  }
  return scope;
}

}  // namespace dfi::proc
