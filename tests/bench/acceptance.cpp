// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <functional>
#include <thread>

#include "base/durable.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "payloads/faxmail/queue/acceptor.hpp"
#include "tests/bench/bench.hpp"

namespace bench {
namespace {

using Take = std::function<void(const faxmail::Submission& mail)>;

/// Each producer hands in its share of the mails, one after the other.
dfi::Json produce(int producers, int count, std::size_t size, const Take& take) {
  const int share = count / producers;
  std::vector<std::vector<double>> latencies(static_cast<std::size_t>(producers));
  std::vector<std::thread> threads;
  const double cpu = cpu_seconds();
  const auto begun = Clock::now();
  for (int producer = 0; producer < producers; ++producer)
    threads.emplace_back([&, producer] {
      const auto run = fmt::format("accept{}p{}", ::getpid(), producer);
      for (int number = 0; number < share; ++number) {
        const auto mail = make_mail(run, number, size);
        const auto asked = Clock::now();
        take(mail);
        latencies[static_cast<std::size_t>(producer)].push_back(seconds_since(asked) * 1000);
      }
    });
  for (auto& thread : threads) thread.join();
  const double seconds = seconds_since(begun);
  std::vector<double> all;
  for (const auto& each : latencies) all.insert(all.end(), each.begin(), each.end());
  return {{"rate", static_cast<double>(all.size()) / seconds},
          {"cpu_per_1000", (cpu_seconds() - cpu) * 1000 / static_cast<double>(all.size())},
          {"p50_ms", quantile(all, 0.5)},
          {"p99_ms", quantile(all, 0.99)},
          {"max_ms", quantile(all, 1)}};
}

void require(bool done, const char* what) {
  if (!done) throw dfi::os_error(what, "bench");
}

/// As a spool with one file per mail does it; bare system calls, nothing of ours that could slow it down.
void write_file(const fs::path& directory, int directory_fd, const faxmail::Submission& mail) {
  const auto name = mail.subject;
  const auto temporary = directory / (name + ".tmp");
  const dfi::Fd file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640));
  require(static_cast<bool>(file), "open");
  for (std::string_view rest = mail.message; !rest.empty();) {
    const auto size = ::write(file.get(), rest.data(), rest.size());
    require(size >= 0, "write");
    rest.remove_prefix(static_cast<std::size_t>(size));
  }
  require(::fsync(file.get()) == 0, "fsync");
  require(::rename(temporary.c_str(), (directory / name).c_str()) == 0, "rename");
  require(::fsync(directory_fd) == 0, "fsync");
}

}  // namespace

dfi::Json accept(const fs::path& root, int producers, int count, std::size_t size) {
  const faxmail::Layout layout{root};
  faxmail::Acceptor acceptor(layout, faxmail::Capability::read(layout));
  return produce(producers, count, size, [&](const faxmail::Submission& mail) { acceptor.submit(mail); });
}

dfi::Json accept_files(const fs::path& directory, int producers, int count, std::size_t size) {
  fs::create_directories(directory);
  const dfi::Fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  require(static_cast<bool>(fd), "open");
  return produce(producers, count, size,
                 [&](const faxmail::Submission& mail) { write_file(directory, fd.get(), mail); });
}

}  // namespace bench
