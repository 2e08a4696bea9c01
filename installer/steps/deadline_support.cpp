// SPDX-License-Identifier: Apache-2.0
#include "steps/deadline_support.hpp"

#include <fmt/chrono.h>

#include <algorithm>
#include <ctime>

#include "base/clock.hpp"
#include "messages/deadline.hpp"
#include "steps/conversion_support.hpp"

namespace dfi::steps {
namespace {

// A later `resume` has its own, or none.
std::optional<std::int64_t> deadline_of(const Run& run) {
  const auto said = run.note("deadline").value_or(run.inputs().value("deadline", Json()));
  if (said.is_null()) return std::nullopt;
  return said.get<std::int64_t>();
}

bool is_done(const Run& run, const char* step) { return run.journal().last_mark(run.id(), step, "") == Mark::done; }

// Of one file: what is left of the prediction, or of its own pace.
double rest_of_file(const Run& run, const std::string& file, double predicted) {
  if (is_finished(run, file)) return 0;
  const auto progress = run.note("progress");
  if (!progress || progress->is_null() || progress->at("file") != file) return predicted;
  const auto share = progress->at("bytes").get<double>() / std::max(1.0, progress->at("of_bytes").get<double>());
  const auto rest = predicted * (1 - share);
  constexpr double enough_to_tell = 0.02;
  if (share < enough_to_tell) return rest;
  return std::max(rest, progress->at("seconds").get<double>() * (1 - share) / share);
}

// Until the users are back; nothing if nothing was predicted yet.
std::optional<double> seconds_to_go(const Run& run) {
  const auto predicted = run.note("predicted");
  if (!predicted) return std::nullopt;
  double seconds = predicted->at("restart").get<double>();
  for (const char* step : {"backup", "drill"})
    if (!is_done(run, step)) seconds += predicted->at(step).get<double>();
  if (!is_done(run, "convert"))
    for (const auto& [file, own] : predicted->at("conversions").items())
      seconds += rest_of_file(run, file, own.get<double>());
  return seconds;
}

std::string seconds_text(double seconds) { return fmt::format("{:.0f}", seconds); }

}  // namespace

double seconds_until(std::int64_t deadline) {
  return static_cast<double>(std::max<std::int64_t>(0, deadline - std::time(nullptr)));
}

void require_time(std::int64_t deadline, double needed, double restart) {
  const auto left = seconds_until(deadline);
  if (needed <= left) return;
  throw Error(msg::deadline_missed,
              {{"deadline", fmt::format("{:%Y-%m-%d %H:%M}", fmt::localtime(deadline))},
               {"needed", seconds_text(needed)},
               {"left", seconds_text(left)},
               {"back", seconds_text(restart)}});
}

void tell_time(Run& run, const Prediction& prediction) {
  run.note("predicted", {{"backup", prediction.backup},
                         {"drill", prediction.drill},
                         {"conversions", prediction.conversions},
                         {"restart", prediction.restart}});
  if (const auto deadline = deadline_of(run))
    run.say(msg::deadline_fits,
            {{"needed", seconds_text(*seconds_to_go(run))}, {"left", seconds_text(seconds_until(*deadline))}});
}

void keep_deadline(const Run& run) {
  const auto deadline = deadline_of(run);
  if (!deadline || run.journal().last_mark(run.id(), "activate", "")) return;
  if (const auto needed = seconds_to_go(run))
    require_time(*deadline, *needed, run.note("predicted")->at("restart").get<double>());
}

void watch_deadline(Run& run) {
  constexpr std::int64_t pause_ms = 200;
  run.watch = [&run, looked = std::int64_t{0}, step = std::string()]() mutable {
    if (step == run.step && monotonic_ms() - looked < pause_ms) return;
    looked = monotonic_ms();
    step = run.step;
    keep_deadline(run);
  };
}

}  // namespace dfi::steps
