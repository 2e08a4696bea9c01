// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <regex>

#include "base/error.hpp"
#include "messages/system.hpp"
#include "system/holder_targets.hpp"
#include "system/proc_facts.hpp"
#include "system/proc_locks.hpp"
#include "system/system.hpp"

namespace dfi {
namespace {

/// The strongest reason wins a row.
int rank(Hold hold) {
  constexpr std::array order{Hold::works_there, Hold::maps_file, Hold::opens_file,
                             Hold::locks_file,  Hold::job_name,  Hold::runs_object};
  return static_cast<int>(std::find(order.begin(), order.end(), hold) - order.begin());
}

/// One held file of one process.
struct Held {
  Hold hold;
  bool data, deleted;
  std::vector<proc::Lock> locks;
};
using HeldFiles = std::map<fs::path, Held>;

void add(HeldFiles& held, const HolderTargets::Match& match, Hold hold, bool data) {
  auto [row, is_new] = held.try_emplace(match.path, Held{hold, data, match.deleted, {}});
  if (!is_new && rank(hold) > rank(row->second.hold)) row->second.hold = hold;
}

class Scan {
 public:
  explicit Scan(const HolderQuery& query) : targets_(query), own_(ancestors()) {
    for (const auto& pattern : query.job_patterns) {
      try {
        jobs_.emplace_back(pattern);
      } catch (const std::regex_error& e) {
        throw Error(msg::job_pattern_malformed, {{"pattern", pattern}, {"reason", e.what()}});
      }
    }
  }

  HolderReport run() {
    for (const pid_t pid : proc::all()) look_at(pid);
    add_unseen_locks();
    std::stable_sort(report_.holders.begin(), report_.holders.end(),
                     [](const auto& a, const auto& b) { return a.process.pid < b.process.pid; });
    return std::move(report_);
  }

 private:
  static std::vector<pid_t> ancestors() {
    std::vector<pid_t> chain;
    for (pid_t pid = ::getpid(); pid > 0;) {
      chain.push_back(pid);
      const auto stat = proc::stat(pid);
      pid = stat ? stat->parent : 0;
    }
    return chain;
  }

  void look_at(pid_t pid) {
    const auto stat = proc::stat(pid);
    if (!stat || stat->kernel_thread || stat->state == 'Z' || stat->state == 'X') return;
    HeldFiles held;
    foreign_.reset();
    theirs_.clear();
    look_at_program(pid, *stat, held);
    look_at_directory(pid, "cwd", held);
    look_at_directory(pid, "root", held);
    look_at_descriptors(pid, held);
    look_at_maps(pid, held);
    const bool ours = std::find(own_.begin(), own_.end(), pid) != own_.end();
    for (const auto& [path, row] : held)
      if (!ours || row.data) report(pid, *stat, path, row);
  }

  /// Device and inode say it for every file that is still there. A removed one is known by its name only, and a process
  /// in another mount name space has other names: /opt/directfax there may be a container's own, /mnt/fax may be ours.
  template <class Find>
  std::optional<HolderTargets::Match> match(pid_t pid, const FileKey& key, const std::string& name, Find find) {
    if (auto by_inode = (targets_.*find)(key, {})) return by_inode;
    if (!targets_.may_be_ours(key)) return std::nullopt;
    if (!in_other_mounts(pid)) return (targets_.*find)(key, name);
    for (const auto& here : names_here(name, theirs_, targets_.mounts()))
      if (auto by_name = (targets_.*find)(key, here)) return by_name;
    return std::nullopt;
  }

  bool in_other_mounts(pid_t pid) {
    if (!foreign_) {
      const auto theirs = proc::link(proc::path(pid, "ns/mnt"));
      foreign_ = !theirs.empty() && theirs != own_mounts_;
      if (*foreign_) theirs_ = read_mounts(pid);
    }
    return *foreign_;
  }

  void look_at_program(pid_t pid, const proc::Stat& stat, HeldFiles& held) {
    const auto name = proc::link(proc::path(pid, "exe"));
    if (const auto facts = facts_of(proc::path(pid, "exe")))
      if (const auto match = this->match(pid, facts->key, name, &HolderTargets::object))
        add(held, *match, Hold::runs_object, false);
    if (const auto script = script_of(pid, stat)) add(held, *script, Hold::runs_object, false);
    for (const auto& job : jobs_)
      if (std::regex_match(stat.name, job)) {
        add(held, {name, false}, Hold::job_name, false);
        break;
      }
  }

  /// A script's executable is its interpreter, but the kernel names the process after the script and hands its path
  /// over as an argument, behind at most one option of the interpreter.
  std::optional<HolderTargets::Match> script_of(pid_t pid, const proc::Stat& stat) const {
    const auto arguments = proc::arguments(pid);
    for (std::size_t i = 1; i < std::min<std::size_t>(arguments.size(), 3); ++i) {
      const fs::path script = arguments[i];
      if (script.filename().string().substr(0, 15) != stat.name) continue;
      const auto path = script.is_absolute() ? script : proc::link(proc::path(pid, "cwd")) / script;
      // As the process itself sees it; as we do where we may not look.
      auto facts = facts_of(proc::path(pid, "root") / path.relative_path());
      if (!facts) facts = facts_of(path);
      if (facts)
        if (auto match = targets_.object(facts->key, path.string())) return match;
    }
    return std::nullopt;
  }

  void look_at_directory(pid_t pid, std::string_view what, HeldFiles& held) {
    const auto place = proc::path(pid, what);
    if (const auto facts = facts_of(place))
      if (const auto match = this->match(pid, facts->key, proc::link(place), &HolderTargets::object))
        add(held, *match, Hold::works_there, false);
  }

  void look_at_descriptors(pid_t pid, HeldFiles& held) {
    std::error_code error;
    fs::directory_iterator entry(proc::path(pid, "fd"), error);
    if (error == std::errc::permission_denied || error == std::errc::operation_not_permitted) ++report_.unreadable;
    for (; !error && entry != fs::end(entry); entry.increment(error)) {
      const auto name = proc::link(entry->path());
      if (name.empty() || name[0] != '/') continue;  // sockets, pipes
      const auto facts = facts_of(entry->path());
      if (!facts) continue;
      const auto match = this->match(pid, facts->key, name, &HolderTargets::data_file);
      if (!match) continue;
      add(held, *match, Hold::opens_file, true);
      const auto info = proc::path(pid, "fdinfo") / entry->path().filename();
      for (const auto& lock : proc::locks_of_fdinfo(proc::slurp(info))) {
        add(held, *match, Hold::locks_file, true);
        held.at(match->path).locks.push_back(lock);
      }
    }
  }

  void look_at_maps(pid_t pid, HeldFiles& held) {
    for (const auto& [key, name] : proc::mappings(pid)) {
      if (const auto data = match(pid, key, name, &HolderTargets::data_file))
        add(held, *data, Hold::maps_file, true);
      else if (const auto object = match(pid, key, name, &HolderTargets::object))
        add(held, *object, Hold::maps_file, false);
    }
  }

  void report(pid_t pid, const proc::Stat& stat, const fs::path& path, const Held& row) {
    Holder holder;
    const auto identity = ProcessIdentity::of(pid);
    // Gone while we looked, or its number already belongs to another one.
    if (!identity || identity->start_ticks != stat.start_ticks) return;
    holder.process = *identity;
    holder.user = proc::user(pid);
    holder.command = proc::command(pid, stat);
    holder.started = proc::started(stat);
    holder.tty = proc::terminal_name(stat.terminal);
    holder.unit = proc::unit_of(proc::slurp(proc::path(pid, "cgroup")));
    holder.hold = row.hold;
    holder.path = path;
    holder.lock_kind = proc::lock_words(row.locks, path);
    holder.deleted = row.deleted;
    report_.holders.push_back(std::move(holder));
  }

  /// Locks of processes whose descriptors we may not read, or which live in another pid name space: /proc/locks names
  /// them without telling the owner of an OFD lock.
  void add_unseen_locks() {
    struct Unseen {
      pid_t pid;
      fs::path path;
      bool operator<(const Unseen& o) const { return std::tie(pid, path) < std::tie(o.pid, o.path); }
    };
    std::map<Unseen, std::vector<proc::Lock>> unseen;
    for (const auto& lock : proc::all_locks()) {
      const auto match = targets_.data_file(lock.file, {});
      if (!match) continue;
      const bool alive = lock.pid > 0 && proc::stat(lock.pid);
      const pid_t owner = alive ? lock.pid : 0;
      const bool known = std::any_of(report_.holders.begin(), report_.holders.end(), [&](const Holder& h) {
        return h.path == match->path && h.hold == Hold::locks_file && (owner == 0 || h.process.pid == owner);
      });
      if (!known) unseen[{owner, match->path}].push_back(lock);
    }
    for (const auto& [owner, locks] : unseen) {
      const Held row{Hold::locks_file, true, false, locks};
      if (const auto stat = proc::stat(owner.pid)) {
        report(owner.pid, *stat, owner.path, row);
        continue;
      }
      Holder holder{};
      holder.hold = row.hold;
      holder.path = owner.path;
      holder.lock_kind = proc::lock_words(locks, owner.path);
      report_.holders.push_back(std::move(holder));
    }
  }

  HolderTargets targets_;
  const std::string own_mounts_ = proc::link("/proc/self/ns/mnt");
  // Of the process in work, asked for when it is needed.
  std::optional<bool> foreign_;
  std::vector<Mount> theirs_;
  std::vector<pid_t> own_;
  std::vector<std::regex> jobs_;
  HolderReport report_;
};

}  // namespace

std::string_view hold_name(Hold hold) {
  switch (hold) {
    case Hold::runs_object: return "runs_object";
    case Hold::job_name: return "job_name";
    case Hold::maps_file: return "maps_file";
    case Hold::opens_file: return "opens_file";
    case Hold::locks_file: return "locks_file";
    case Hold::works_there: return "works_there";
  }
  return {};
}

Json Holder::to_json() const {
  return {{"pid", process.pid}, {"user", user},      {"command", command},      {"started", started},
          {"tty", tty},         {"unit", unit},      {"hold", hold_name(hold)}, {"path", path.string()},
          {"lock", lock_kind},  {"deleted", deleted}};
}

HolderReport find_holders(const HolderQuery& query) { return Scan(query).run(); }

}  // namespace dfi
