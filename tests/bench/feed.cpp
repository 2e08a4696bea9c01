// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

#include "payloads/faxmail/queue/queue.hpp"
#include "tests/bench/bench.hpp"

namespace bench {
namespace {

constexpr int at_once = 500;
constexpr int look_again_after = 32;  // mails

bool input_ended() {
  pollfd polled{STDIN_FILENO, POLLIN, 0};
  return ::poll(&polled, 1, 0) > 0;
}

int waiting(faxmail::Queue& queue) {
  std::int64_t count = 0;
  for (const auto& [status, mails] : queue.counts())
    if (status == "queued" || status == "active") count += mails;
  return static_cast<int>(count);
}

}  // namespace

dfi::Json fill(const fs::path& root, const std::string& run, int count, std::size_t size) {
  const faxmail::Layout layout{root};
  faxmail::Queue queue(layout, faxmail::Capability::read(layout));
  for (int first = 0; first < count; first += at_once) {
    std::vector<faxmail::Submission> mails;
    for (int number = first; number < std::min(count, first + at_once); ++number)
      mails.push_back(make_mail(run, number, size));
    std::vector<const faxmail::Submission*> pointers;
    std::vector<std::string> files;
    for (const auto& mail : mails) {
      pointers.push_back(&mail);
      files.push_back(size > faxmail::largest_inline_body ? queue.bodies().store(mail.message) : std::string());
    }
    queue.submit_all(pointers, files);
  }
  return {{"count", count}};
}

void feed(const fs::path& root, const std::string& run, std::size_t size, int enough) {
  const faxmail::Layout layout{root};
  faxmail::Queue queue(layout, faxmail::Capability::read(layout));
  for (std::int64_t number = 0; !input_ended(); ++number) {
    while (number % look_again_after == 0 && waiting(queue) >= enough && !input_ended())
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const auto accepted = queue.submit(make_mail(run, number, size));
    std::puts(accepted.message_id.c_str());
    std::fflush(stdout);
  }
}

}  // namespace bench
