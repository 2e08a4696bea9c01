// SPDX-License-Identifier: Apache-2.0
// dfinstall endjobs [--wait N] [--immed] [PID…] (WRKOBJLCK/WRKACTJOB option 4): whoever keeps the product from being
// exclusive is ended. Services are asked through their manager, jobs of the product get TERM; persons and strangers are
// named and only ended when asked for by number. Every signal goes to exactly the process the scan has just seen.
#include <signal.h>

#include <algorithm>
#include <set>
#include <thread>

#include "base/clock.hpp"
#include "cli/context.hpp"
#include "core/generation.hpp"
#include "core/runner.hpp"
#include "messages/run.hpp"
#include "messages/step.hpp"
#include "messages/system.hpp"

namespace dfi::cli {
namespace {

constexpr int default_wait = 60, default_wait_immed = 5;

Args args_of(const Holder& holder) {
  return {{"pid", std::to_string(holder.process.pid)},
          {"user", holder.user},
          {"command", holder.command},
          {"tty", holder.tty.empty() ? "-" : holder.tty},
          {"object", holder.path.filename().string()}};
}

class EndJobs {
 public:
  explicit EndJobs(Context& context)
      : context_(context), layout_(context.layout()), lock_(RunLock::take(layout_)), asked_(context.options.pids) {
    const auto installed = context.installed(layout_);
    spec_ = installed.spec();
    services_ = installed.services(layout_);
    manager_ = service_manager(layout_.root(), layout_.state());
  }

  int work() {
    const auto& options = context_.options;
    for (const char* key : {"stopped", "ended", "stayed"}) context_.result[key] = Json::array();
    const auto found = scan();
    refuse_strangers(found);
    const int wait = options.wait >= 0 ? options.wait : options.immed ? default_wait_immed : default_wait;
    ask_services(found, std::chrono::seconds(wait));
    // Counted anew: a service that used its time up must not take theirs from the jobs.
    end_jobs(monotonic_ms() + std::int64_t{wait} * 1000);
    return tell_rest(!found.empty());
  }

 private:
  std::vector<checks::Job> scan() const { return checks::jobs(layout_, spec_, *manager_); }

  bool wanted(const checks::Job& job) const {
    if (asked_.empty()) return job.kind == checks::Job::Kind::product;
    return std::find(asked_.begin(), asked_.end(), job.holder.process.pid) != asked_.end();
  }

  // A number that was typed wrong must hit nobody.
  void refuse_strangers(const std::vector<checks::Job>& found) const {
    for (const int pid : asked_) {
      const bool holds =
          std::any_of(found.begin(), found.end(), [&](const auto& job) { return job.holder.process.pid == pid; });
      if (!holds) throw Error(msg::job_not_holder, {{"pid", std::to_string(pid)}});
    }
  }

  void ask_services(const std::vector<checks::Job>& found, std::chrono::seconds wait) {
    std::vector<std::string> triggers;
    if (asked_.empty())
      for (const auto& trigger : manager_->triggers(services_))
        if (trigger.active) triggers.push_back(trigger.unit);
    manager_->stop_units(triggers);
    for (const auto& unit : triggers) told(msg::unit_stopped, {{"unit", unit}}, "stopped", unit);
    for (const auto& service : services_) {
      const bool named = std::any_of(found.begin(), found.end(), [&](const auto& job) {
        return wanted(job) && manager_->owns(service, job.holder);
      });
      if (!(asked_.empty() || named) || !manager_->running(service)) continue;
      try {
        manager_->stop(service, wait);
        told(msg::service_stopped, {{"service", service.name}}, "stopped", service.name);
      } catch (const Error& e) {
        // The others are asked nevertheless; what stays is told at the end, or killed if that is wanted.
        if (e.message().id != msg::service_not_stopped) throw;
      }
    }
  }

  /// TERM to each once, also to those that come up meanwhile, then KILL if it is wanted.
  void end_jobs(std::int64_t deadline) {
    std::vector<Holder> asked;
    for (;;) {
      bool waits = false;
      for (const auto& job : scan()) {
        if (!wanted(job)) continue;
        waits = true;
        const auto& process = job.holder.process;
        const bool new_one =
            std::none_of(asked.begin(), asked.end(), [&](const auto& known) { return known.process == process; });
        if (new_one && ask(job)) asked.push_back(job.holder);
      }
      if (!waits || monotonic_ms() >= deadline) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    if (context_.options.immed) kill_rest();
    for (const auto& holder : asked)
      if (!holder.process.alive() && killed_.count(holder.process.pid) == 0) told_job(msg::job_ended, holder, "TERM");
  }

  // A shell heeds no TERM, but that its terminal is gone.
  static bool ask(const checks::Job& job) {
    const auto& process = job.holder.process;
    return send_signal(process, SIGTERM) && (job.kind != checks::Job::Kind::person || send_signal(process, SIGHUP));
  }

  // Services that did not stop are among them.
  void kill_rest() {
    for (const auto& job : scan()) {
      const bool stubborn_service = asked_.empty() && job.kind == checks::Job::Kind::service;
      if (!(wanted(job) || stubborn_service) || !send_signal(job.holder.process, SIGKILL)) continue;
      if (!wait_gone(job.holder.process, std::chrono::milliseconds(5000))) continue;
      killed_.insert(job.holder.process.pid);
      told_job(msg::job_killed, job.holder, "KILL");
    }
  }

  // Asked for by number, the others are no failure.
  int tell_rest(bool somebody_was_there) {
    std::string pids;
    std::size_t count = 0;
    for (const auto& job : scan()) {
      context_.result["stayed"].push_back(job.holder.to_json());
      const bool in_the_way = asked_.empty() ? job.blocks : wanted(job);
      context_.line(job.blocks || in_the_way ? msg::job_stays : msg::job_harmless, args_of(job.holder));
      if (!in_the_way) continue;
      ++count;
      pids += (pids.empty() ? "" : " ") + std::to_string(job.holder.process.pid);
    }
    if (count > 0) throw Error(msg::jobs_stayed, {{"count", std::to_string(count)}, {"pids", pids}});
    if (!somebody_was_there) context_.line(msg::jobs_none);
    return 0;
  }

  void told(Msg id, const Args& args, const char* key, const std::string& name) {
    context_.line(id, args);
    context_.result[key].push_back(name);
  }

  void told_job(Msg id, const Holder& holder, const char* signal) {
    context_.line(id, args_of(holder));
    auto row = holder.to_json();
    row["signal"] = signal;
    context_.result["ended"].push_back(row);
  }

  Context& context_;
  Layout layout_;
  RunLock lock_;  // never crosses a run that works
  std::vector<int> asked_;
  ProductSpec spec_;
  std::vector<Service> services_;
  std::unique_ptr<ServiceManager> manager_;
  std::set<pid_t> killed_;
};

}  // namespace

int end_jobs(Context& context) { return EndJobs(context).work(); }

}  // namespace dfi::cli
