// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>
#include <sys/resource.h>

#include "tests/bench/bench.hpp"

namespace bench {

faxmail::Submission make_mail(const std::string& run, std::int64_t number, std::size_t size) {
  faxmail::Submission mail;
  mail.user = "bench";
  mail.from = "directfax@example.com";
  mail.to = {fmt::format("person{}@example.net", number % 97)};
  mail.subject = fmt::format("{} {}", run, number);
  mail.message_id = fmt::format("<{}.{}@bench.example.com>", run, number);
  mail.message = fmt::format(
      "From: directfax@example.com\r\nTo: {}\r\nSubject: {}\r\nMessage-ID: {}\r\nDate: Mon, 23 Nov 2026 06:00:00 "
      "+0000\r\n"
      "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n",
      mail.to.front(), mail.subject, mail.message_id);
  static const std::string line = std::string(60, 'x') + " a line of a mail\r\n";
  while (mail.message.size() + line.size() <= size) mail.message += line;
  if (mail.message.size() + 2 < size) mail.message += std::string(size - mail.message.size() - 2, 'y') + "\r\n";
  return mail;
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double quantile(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  const auto index = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + index, values.end());
  return values[static_cast<std::size_t>(index)];
}

}  // namespace bench
