// SPDX-License-Identifier: Apache-2.0
// dfi_exclusive_bench DIR PROCESSES ROUNDS: the scanner of holders and the gate, in the library that ships. DIR is
// empty; below it comes a product of 2,000 objects with nine data files. Of PROCESSES processes every tenth has a data
// file open. One JSON object on stdout; with "wait" as a fourth argument the processes stay until the end of stdin.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>

#include "base/gate.hpp"
#include "base/json.hpp"
#include "system/system.hpp"

namespace {

namespace fs = std::filesystem;

template <class Work>
double median_ms(int rounds, Work work) {
  std::vector<double> times;
  for (int i = 0; i < rounds; ++i) {
    const auto begun = std::chrono::steady_clock::now();
    work();
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count());
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

dfi::HolderQuery make_product(const fs::path& place) {
  dfi::HolderQuery query{place / "opt", {}, {"DFAX[0-9]{4}", "INTRADEV", "TCPSERVER"}};
  for (int i = 0; i < 2000; ++i) {
    const auto file = query.product_tree / fmt::format("{:02}/{:04}", i % 40, i);
    fs::create_directories(file.parent_path());
    std::ofstream(file) << i;
  }
  for (const char* name :
       {"FAXKA", "FAXSTAT", "FAXLGO", "FAXPRF", "FAXARC", "FAXLIC", "FAXATF", "FAXDTAARA", "FAXMAILC"}) {
    query.data_files.push_back(place / "data" / name);
    fs::create_directories(place / "data");
    std::ofstream(query.data_files.back()) << name;
  }
  return query;
}

std::vector<pid_t> start(int processes, const fs::path& data) {
  std::vector<pid_t> children;
  for (int i = 0; i < processes; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      if (i % 10 == 0) ::open(data.c_str(), O_RDONLY);
      ::execl("/bin/sleep", "sleep", "600", nullptr);
      ::_exit(127);
    }
    children.push_back(child);
  }
  ::usleep(200'000);  // until all are what they will be
  return children;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const fs::path place = argv[1];
  const int processes = std::atoi(argv[2]), rounds = std::atoi(argv[3]);
  const auto query = make_product(place);
  const auto children = start(processes, query.data_files[0]);
  std::size_t found = 0;
  const auto scan = median_ms(rounds, [&] { found = dfi::find_holders(query).holders.size(); });
  const auto cpu = std::clock();
  dfi::find_holders(query);
  const auto scan_cpu = static_cast<double>(std::clock() - cpu) * 1000 / CLOCKS_PER_SEC;
  const auto gate = median_ms(rounds, [&] {
    auto closed = dfi::gate::Closure::close(place / "data", {"1 (bench)", dfi::gate::Phase::closed, "now", 1}, 1000);
    dfi::gate::Closure::open(place / "data", std::move(closed));
  });
  const auto all = std::count_if(fs::directory_iterator("/proc"), {}, [](const auto& entry) {
    return entry.path().filename().string().find_first_not_of("0123456789") == std::string::npos;
  });
  std::puts(
      dfi::Json(
          {{"processes", all}, {"holders", found}, {"scan_ms", scan}, {"scan_cpu_ms", scan_cpu}, {"gate_ms", gate}})
          .dump()
          .c_str());
  std::fflush(stdout);
  char byte;
  if (argc > 4)
    while (::read(0, &byte, 1) > 0) {
    }
  for (const pid_t child : children) ::kill(child, SIGKILL);
  for (const pid_t child : children) ::waitpid(child, nullptr, 0);
  return found == static_cast<std::size_t>((processes + 9) / 10) ? 0 : 1;
}
