// SPDX-License-Identifier: Apache-2.0
// One execution of a plan: everything a step may touch. The two mechanisms of dfinstall are "execute a plan" (Runner)
// and "each": a loop that skips items which already have a result. "Resume exactly at the aborted file" is that loop.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/gate.hpp"
#include "core/journal.hpp"
#include "core/layout.hpp"
#include "core/reporter.hpp"
#include "system/system.hpp"

namespace dfi {

class Run {
 public:
  Run(int id, std::string verb, Json inputs, const Layout& layout, Journal& journal, ServiceManager& services,
      Reporter& reporter);

  int id() const { return id_; }
  /// "7 (update)"
  std::string name() const;
  const std::string& verb() const { return verb_; }
  std::string input(const std::string& key) const;  // text, or empty
  const Json& inputs() const { return inputs_; }
  const Layout& layout() const { return layout_; }
  /// To look at earlier runs; this one's own notes are note().
  const Journal& journal() const { return journal_; }
  ServiceManager& services() { return services_; }
  Reporter& reporter() { return reporter_; }

  /// Applies `work` to each item that has no result yet, in this order; intent and result are journalled. Throws
  /// Error interrupted between two items after a signal.
  void each(const std::vector<std::string>& items, const std::function<void(const std::string&)>& work);
  /// The way back: `work` for each item that was begun, last first.
  void each_back(const std::function<void(const std::string&)>& work);
  /// Items of the current step that were begun, by whatever process.
  std::vector<std::string> begun() const { return journal_.begun_items(id_, step); }
  /// True if the item of the current step has its result.
  bool done(const std::string& item) const;

  void note(const std::string& key, const Json& value);
  std::optional<Json> note(const std::string& key) const;
  std::string note_text(const std::string& key) const;  // empty if there is none

  /// To the terminal and to the job log.
  void say(Msg id, Args args = {});
  void warn(Msg id, Args args = {});
  void log_error(const Error& error);

  /// Between two items, and now and then inside a long one. Throws Error interrupted after a signal, and what `watch`
  /// throws.
  void may_go_on() const;
  /// A further reason to stop; empty: none.
  std::function<void()> watch;

  /// The gate as this process holds it.
  std::optional<gate::Closure> closure;
  /// The step in work; set by the runner.
  std::string step;
  /// It is applied from now on, and was not before.
  void begin_step();
  /// Seconds from the begin of one step to that of a later one, whatever is done to the clock on the wall meanwhile;
  /// nothing if this process did not begin both.
  std::optional<double> seconds(const std::string& from, const std::string& to) const;

 private:
  int id_;
  std::string verb_;
  Json inputs_;
  const Layout& layout_;
  Journal& journal_;
  ServiceManager& services_;
  Reporter& reporter_;
  std::map<std::string, std::int64_t> began_;  // steps, in steady milliseconds
};

/// Set by the signal handler of main; looked at between steps and items. 0 = none.
extern volatile int interrupted_by;
void throw_if_interrupted();
/// A signal or the deadline: the work itself did not fail.
bool wants_to_stop(const Error& error);

}  // namespace dfi
