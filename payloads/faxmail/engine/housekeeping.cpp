// SPDX-License-Identifier: Apache-2.0
// What the engine does beside the traffic, once a second at most: the operator's wishes, the trace flag, reports, old
// mails, the watchdog.
#include <sys/stat.h>

#include <ctime>
#include <optional>

#include "base/clock.hpp"
#include "base/gate.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/engine/engine.hpp"
#include "payloads/faxmail/engine/notify.hpp"
#include "payloads/faxmail/product/data_file.hpp"
#include "payloads/faxmail/product/utc.hpp"

namespace faxmail {
namespace {

constexpr std::int64_t tick_ms = 1000, tidy_ms = 3'600'000, tidy_again_ms = 100;
constexpr std::int64_t clock_tolerance = 60;
/// In one round, so that nobody waits long for it.
constexpr int forgotten_at_once = 200;

std::int64_t now() { return std::time(nullptr); }

/// Nothing while the area is short: a program that rewrites it in place may be in the middle of it.
std::optional<char> whole_trace_flag(const Layout& layout, const Capability& capability) {
  try {
    return trace_flag(layout, capability);
  } catch (const dfi::Error& error) {
    if (error.message().id != dfi::msg::mail_area_length) throw;
    return std::nullopt;
  }
}

}  // namespace

void Engine::housekeeping() {
  const auto time = dfi::monotonic_ms();
  const bool tick = time >= next_tick_;
  if (ledger_.changed_elsewhere()) {
    look_at_queue_ = true;
    read_notes();
  }
  // Ahead of every lease, so that the flag counts for the next mail already.
  watch_trace_flag();
  if (!tick) return;
  next_tick_ = time + tick_ms;
  // A mail may have become due, a pause may be over.
  look_at_queue_ = true;
  notify_watchdog();
  watch_clock();
  ledger_.commit();
  ledger_.sync_results();
  reports_.run(now());
  if (time >= next_tidy_ && lanes_.ready() == 0) tidy();
}

void Engine::read_notes() {
  auto notes = ledger_.notes();
  const bool suspended = notes.count("paused") + notes.count("drain") > 0;
  if (suspended != suspended_) log_.say(suspended ? "engine.suspended" : "engine.unsuspended");
  suspended_ = suspended;
  const auto flush = notes.find("flush");
  if (flush != notes.end() && notes_["flush"] != flush->second && !notes_.empty()) {
    holds_.clear_all();
    for (std::size_t lane = 0; lane < lanes_.accounts().size(); ++lane)
      lanes_.with(lane, [](Breaker& breaker, Pacer&) { breaker.try_now(); });
  }
  notes_ = std::move(notes);
  notes_.try_emplace("flush", "");
  if (suspended_)
    for (std::size_t lane = 0; lane < lanes_.accounts().size(); ++lane) withdraw(lane, {}, 0, {});
}

/// Pauses are kept as times of day. If the clock is set back, they would last that much longer.
void Engine::watch_clock() {
  const auto offset = now() - dfi::monotonic_ms() / 1000;
  const bool set_back = offset < clock_offset_ - clock_tolerance;
  clock_offset_ = offset;
  if (!set_back) return;
  bound_waits();
  holds_.clear_all();
}

/// The flag is set in live operation, also by programs that know nothing of us: the file is what counts.
void Engine::watch_trace_flag() {
  struct stat status {};
  if (::stat(layout_.data_file("FAXDTAARA").c_str(), &status) != 0) return;
  const auto seen = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
  if (seen != trace_flag_seen_) {
    const auto flag = whole_trace_flag(layout_, capability_);
    if (!flag) return;
    trace_flag_seen_ = seen;
    const bool on = *flag == 'M';
    if (on != tracer_.on()) log_.say(on ? "engine.trace_on" : "engine.trace_off");
    // The limits belong to the command that set them, not to whoever sets the flag next.
    if (!on) ledger_.set_note("trace", "");
    tracer_.set(on, TraceWish::from_text(ledger_.notes()["trace"]));
  }
  if (!tracer_.exhausted(now())) return;
  clear_trace_flag(layout_, capability_);
  ledger_.set_note("trace", "");
  log_.say("engine.trace_off");
}

void Engine::tidy() {
  next_tidy_ = dfi::monotonic_ms() + tidy_ms;
  ledger_.sweep_bodies();
  if (settings_.keep_days <= 0) return;
  const auto before = utc_text(now() - std::int64_t{settings_.keep_days} * 24 * 3600);
  if (ledger_.forget(before, forgotten_at_once) == forgotten_at_once) next_tidy_ = dfi::monotonic_ms() + tidy_again_ms;
}

}  // namespace faxmail
