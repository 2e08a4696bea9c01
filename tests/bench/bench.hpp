// SPDX-License-Identifier: Apache-2.0
// The parts of faxmail_bench: each does one thing, measures itself and returns its figures as JSON.
#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "payloads/faxmail/queue/entry.hpp"

namespace bench {

namespace fs = std::filesystem;

/// One of many mails that differ in number and Message-ID only; `size` bytes in all.
faxmail::Submission make_mail(const std::string& run, std::int64_t number, std::size_t size);

using Clock = std::chrono::steady_clock;
inline double seconds_since(Clock::time_point begun) {
  return std::chrono::duration<double>(Clock::now() - begun).count();
}
/// CPU seconds of this process so far.
double cpu_seconds();
/// `share` of the values are not larger. Reorders them.
double quantile(std::vector<double>& values, double share);

struct Line {
  std::string host = "localhost";
  int port = 0;
  bool starttls = false;  // else TLS from the first byte
  fs::path ca_file;
  int count = 0;
  std::size_t size = 0;
};
/// `count` mails of `size` bytes over one connection, by our own session or by libcurl.
dfi::Json dialogue_own(const Line& line);
dfi::Json dialogue_curl(const Line& line);

/// Durable acceptance by the product's Acceptor, or by one fsynced file per mail (tmp, fsync, rename, fsync of the
/// directory) with the same producers and mails.
dfi::Json accept(const fs::path& root, int producers, int count, std::size_t size);
dfi::Json accept_files(const fs::path& directory, int producers, int count, std::size_t size);

/// Puts `count` mails into FAXKA of the product below `root`.
dfi::Json fill(const fs::path& root, const std::string& run, int count, std::size_t size);
/// Submits mails one after the other while fewer than `enough` wait, and writes the Message-ID of each accepted one to
/// standard output; ends when standard input does.
void feed(const fs::path& root, const std::string& run, std::size_t size, int enough);

/// Passes the connections of `port` on to `target` on loopback, each byte `one_way` later; for ever.
[[noreturn]] void delay(int port, int target, std::chrono::milliseconds one_way);

}  // namespace bench
