// SPDX-License-Identifier: Apache-2.0
// Programs of conversions that outlived the dfinstall which started them: found by the mark in their environment, which
// all their children inherit.
#include <signal.h>

#include <charconv>
#include <fstream>
#include <iterator>

#include "base/error.hpp"
#include "base/process.hpp"
#include "messages/external.hpp"
#include "migrations/engine/external_program.hpp"

namespace dfi::migrations {
namespace {

std::vector<pid_t> all_processes() {
  std::vector<pid_t> pids;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/proc", none)) {
    const auto name = entry.path().filename().string();
    pid_t pid = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (read.ec == std::errc() && read.ptr == name.data() + name.size()) pids.push_back(pid);
  }
  return pids;
}

bool has_mark(pid_t pid, const std::string& mark) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/environ");
  const std::string environment((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  return ('\0' + environment).find('\0' + mark) != std::string::npos;
}

}  // namespace

bool end_left_programs(const fs::path& below) {
  const auto mark = std::string(program_mark) + "=" + below.string() + "/";
  bool ended = false;
  // Again, until a look finds none: one may just have started another.
  for (bool found = true; found;) {
    found = false;
    for (const auto pid : all_processes()) {
      const auto process = ProcessIdentity::of(pid);
      if (!process || !has_mark(pid, mark)) continue;
      found = ended = true;
      send_signal(*process, SIGKILL);
      if (!wait_gone(*process, std::chrono::seconds(5)))
        throw Error(msg::external_left, {{"pid", std::to_string(pid)}, {"path", below.string()}});
    }
  }
  return ended;
}

}  // namespace dfi::migrations
