// SPDX-License-Identifier: Apache-2.0
// Programs of conversions that outlived the dfinstall which started them: found by the mark in their environment, which
// all their children inherit.
#include <signal.h>

#include "base/error.hpp"
#include "base/proc.hpp"
#include "base/process.hpp"
#include "messages/external.hpp"
#include "migrations/engine/external_program.hpp"

namespace dfi::migrations {

bool end_left_programs(const fs::path& below) {
  const auto mark = '\0' + std::string(program_mark) + "=" + below.string() + "/";
  bool ended = false;
  // Again, until a look finds none: one may just have started another.
  for (bool found = true; found;) {
    found = false;
    for (const auto pid : proc::all()) {
      const auto process = ProcessIdentity::of(pid);
      if (!process || proc::environment(pid).find(mark) == std::string::npos) continue;
      found = ended = true;
      send_signal(*process, SIGKILL);
      if (!wait_gone(*process, std::chrono::seconds(5)))
        throw Error(msg::external_left, {{"pid", std::to_string(pid)}, {"path", below.string()}});
    }
  }
  return ended;
}

}  // namespace dfi::migrations
