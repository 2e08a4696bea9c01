// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <thread>

#include "base/clock.hpp"
#include "payloads/faxmail/cli/verbs.hpp"
#include "payloads/faxmail/engine/owner.hpp"
#include "payloads/faxmail/queue/queue.hpp"

namespace faxmail {
namespace {

constexpr std::chrono::milliseconds look_again{50};
constexpr int wait_exit = 75;

struct Traffic {
  std::int64_t in_flight = 0, uncertain = 0;
};

/// Without an engine nothing is in transfer; what stands on "dot" then is undecided.
Traffic traffic(Queue& queue, bool running) {
  Traffic traffic;
  for (const auto& [status, count] : queue.counts()) {
    if (status == "active" && running) traffic.in_flight += count;
    if (status == "dot") (running ? traffic.in_flight : traffic.uncertain) += count;
  }
  return traffic;
}

}  // namespace

int pause(const Context& context) {
  Queue(context.layout, Capability::read(context.layout)).set_note("paused", dfi::now_utc());
  context.document("pause", 0, {{"paused", true}});
  context.say("control.paused");
  return 0;
}

int resume(const Context& context) {
  Queue queue(context.layout, Capability::read(context.layout));
  queue.set_note("drain", "");
  queue.set_note("paused", "");
  context.document("resume", 0, {{"paused", false}});
  context.say("control.resumed");
  return 0;
}

int drain(const Context& context, int seconds) {
  Queue queue(context.layout, Capability::read(context.layout));
  queue.set_note("drain", dfi::now_utc());
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  auto now = Traffic{};
  for (;;) {
    now = traffic(queue, queue_owner(context.layout.data()).has_value());
    if (now.in_flight == 0 || std::chrono::steady_clock::now() >= end) break;
    std::this_thread::sleep_for(look_again);
  }
  const int code = now.in_flight == 0 ? 0 : wait_exit;
  context.document("drain", code, {{"in_flight", now.in_flight}, {"uncertain", now.uncertain}});
  context.say(code == 0 ? "control.drained" : "control.draining",
              {{"in_flight", std::to_string(now.in_flight)}, {"uncertain", std::to_string(now.uncertain)}});
  return code;
}

}  // namespace faxmail
