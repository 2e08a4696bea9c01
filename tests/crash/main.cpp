// SPDX-License-Identifier: Apache-2.0
// dfinstall for the crash tests. Environment:
//   DFI_CRASH_AT=K        dies by SIGKILL at the K-th durable operation, before it happens
//   DFI_CRASH_TRACE=FILE  one line for each durable operation
//   DFI_PAUSE_AT=TEXT     stops itself by SIGSTOP, once, at the first operation whose path contains the text
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/durable.hpp"
#include "cli/context.hpp"

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

struct Plan {
  long crash_at = std::atol(variable("DFI_CRASH_AT").c_str());
  std::string pause_at = variable("DFI_PAUSE_AT");
  std::FILE* trace = nullptr;
  long count = 0;
};

Plan& plan() {
  static Plan plan;
  return plan;
}

void announced(std::string_view operation, const std::filesystem::path& path) {
  auto& now = plan();
  ++now.count;
  if (now.trace)
    std::fprintf(now.trace, "%ld %.*s %s\n", now.count, static_cast<int>(operation.size()), operation.data(),
                 path.c_str());
  if (!now.pause_at.empty() && path.string().find(now.pause_at) != std::string::npos) {
    now.pause_at.clear();
    ::raise(SIGSTOP);
  }
  if (now.count == now.crash_at) ::raise(SIGKILL);
}

}  // namespace

int main(int argc, char** argv) {
  if (auto file = variable("DFI_CRASH_TRACE"); !file.empty()) plan().trace = std::fopen(file.c_str(), "we");
  dfi::durable::hook = announced;
  const int exit = dfi::cli::run_main(argc, argv);
  if (plan().trace) std::fclose(plan().trace);
  return exit;
}
