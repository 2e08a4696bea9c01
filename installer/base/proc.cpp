// SPDX-License-Identifier: Apache-2.0
#include "base/proc.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "base/error.hpp"
#include "base/file.hpp"

namespace dfi::proc {

fs::path path(pid_t pid, std::string_view name) { return fmt::format("/proc/{}/{}", pid, name); }

std::string slurp(const fs::path& file) {
  try {
    return read_file(file);
  } catch (const Error&) {
    return {};  // gone, or not ours to read: both mean "nothing to see"
  }
}

std::string link(const fs::path& file) {
  std::error_code error;
  return fs::read_symlink(file, error).string();
}

std::string environment(pid_t pid) { return '\0' + slurp(path(pid, "environ")); }

std::vector<pid_t> all() {
  std::vector<pid_t> pids;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error == std::errc() && end == name.data() + name.size()) pids.push_back(pid);
  }
  std::sort(pids.begin(), pids.end());
  return pids;
}

std::optional<Stat> stat(pid_t pid) {
  const auto text = slurp(path(pid, "stat"));
  // The name in parentheses may hold anything, also ") R 1": it ends at the last ')'.
  const auto open = text.find('('), close = text.rfind(')');
  if (open == std::string::npos || close == std::string::npos || close < open) return std::nullopt;
  std::istringstream rest(text.substr(close + 1));
  Stat stat{text.substr(open + 1, close - open - 1), 'X', 0, 0, 0, false, 0};
  std::int64_t group = 0, terminal = 0, foreground = 0;
  std::uint64_t flags = 0;
  rest >> stat.state >> stat.parent >> group >> stat.session >> terminal >> foreground >> flags;
  stat.terminal = static_cast<unsigned>(terminal);
  stat.kernel_thread = (flags & 0x00200000) != 0;  // PF_KTHREAD
  std::string skipped;
  for (int field = 10; field < 22; ++field) rest >> skipped;
  if (!(rest >> stat.start_ticks)) return std::nullopt;
  return stat;
}

}  // namespace dfi::proc
