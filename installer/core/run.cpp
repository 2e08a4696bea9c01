// SPDX-License-Identifier: Apache-2.0
#include "core/run.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "messages/deadline.hpp"
#include "messages/run.hpp"

namespace dfi {

volatile int interrupted_by = 0;

void throw_if_interrupted() {
  if (int signal = interrupted_by) {
    interrupted_by = 0;  // the way back must not be interrupted by the same signal
    throw Error(msg::interrupted, {{"signal", std::to_string(signal)}});
  }
}

bool wants_to_stop(const Error& error) {
  return error.message().id == msg::interrupted || error.message().id == msg::deadline_missed;
}

Run::Run(int id, std::string verb, Json inputs, const Layout& layout, Journal& journal, ServiceManager& services,
         Reporter& reporter)
    : id_(id),
      verb_(std::move(verb)),
      inputs_(std::move(inputs)),
      layout_(layout),
      journal_(journal),
      services_(services),
      reporter_(reporter) {}

void Run::begin_step() { began_[step] = monotonic_ms(); }

std::optional<double> Run::seconds(const std::string& from, const std::string& to) const {
  const auto first = began_.find(from), last = began_.find(to);
  if (first == began_.end() || last == began_.end()) return std::nullopt;
  return static_cast<double>(last->second - first->second) / 1000;
}

std::string Run::name() const { return run_name(id_, verb_); }

std::string Run::input(const std::string& key) const {
  auto found = inputs_.find(key);
  return found != inputs_.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void Run::each(const std::vector<std::string>& items, const std::function<void(const std::string&)>& work) {
  for (const auto& item : items) {
    if (done(item)) continue;
    may_go_on();
    journal_.mark(id_, step, item, Mark::intent);
    reporter_.item(item);
    work(item);
    journal_.mark(id_, step, item, Mark::done);
  }
}

void Run::each_back(const std::function<void(const std::string&)>& work) {
  auto items = journal_.begun_items(id_, step);
  std::reverse(items.begin(), items.end());
  for (const auto& item : items) {
    journal_.mark(id_, step, item, Mark::reverting);
    reporter_.item(item);
    work(item);
    journal_.mark(id_, step, item, Mark::reverted);
  }
}

bool Run::done(const std::string& item) const { return journal_.last_mark(id_, step, item) == Mark::done; }

void Run::may_go_on() const {
  throw_if_interrupted();
  if (watch) watch();
}

void Run::note(const std::string& key, const Json& value) { journal_.note(id_, key, value); }
std::optional<Json> Run::note(const std::string& key) const { return std::as_const(journal_).note(id_, key); }
std::string Run::note_text(const std::string& key) const {
  auto value = note(key);
  return value && value->is_string() ? value->get<std::string>() : std::string();
}

void Run::say(Msg id, Args args) {
  Message message{id, std::move(args)};
  journal_.log(id_, "info", message);
  reporter_.say("info", message);
}

void Run::warn(Msg id, Args args) {
  Message message{id, std::move(args)};
  journal_.log(id_, "warning", message);
  reporter_.say("warning", message);
}

void Run::log_error(const Error& error) {
  journal_.log(id_, "error", error.message());
  for (const auto& step_message : error.trail()) journal_.log(id_, "error", step_message);
}

}  // namespace dfi
