// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "checks/checks.hpp"
#include "messages/check.hpp"

namespace dfi::checks {
namespace {

// A process of a service that dfinstall stops by itself.
bool is_own_service(const Holder& holder, const std::vector<Service>& services, ServiceManager& manager) {
  return std::any_of(services.begin(), services.end(), [&](const auto& s) { return manager.owns(s, holder); });
}

Finding finding_of(const Holder& holder, const DataFileSpec* file, bool own) {
  const std::string object = file ? file->name : holder.path.filename().string();
  Args args{{"object", object},
            {"pid", std::to_string(holder.process.pid)},
            {"user", holder.user},
            {"command", holder.command},
            {"since", holder.started},
            {"tty", holder.tty.empty() ? "-" : holder.tty},
            {"lock", holder.lock_kind.empty() ? "-" : holder.lock_kind}};
  auto details = holder.to_json();
  details["object"] = object;
  if (holder.hold == Hold::works_there) return {Severity::note, {msg::holder_harmless, args}, details};
  if (own) return {Severity::note, {msg::service_running, args}, details};
  if (file && !file->gates) return {Severity::warning, {msg::holder_harmless, args}, details};
  return {Severity::blocker, {file ? msg::data_in_use : msg::product_in_use, args}, details};
}

// A SQLite file is three for the kernel (-wal, -shm), one for a person: one row per process and data file, all its
// locks.
std::vector<std::pair<Holder, const DataFileSpec*>> merged(const Layout& layout, const ProductSpec& spec,
                                                           const std::vector<Holder>& holders) {
  std::vector<std::pair<Holder, const DataFileSpec*>> rows;
  for (const auto& holder : holders) {
    const DataFileSpec* file = nullptr;
    for (const auto& candidate : spec.data_files)
      if (!holder.path.empty() && holder.path.string().rfind(data_path(layout, candidate).string(), 0) == 0)
        file = &candidate;
    auto same = std::find_if(rows.begin(), rows.end(), [&](const auto& row) {
      return file && row.second == file && row.first.process.pid == holder.process.pid;
    });
    if (same == rows.end()) {
      rows.emplace_back(holder, file);
    } else if (!holder.lock_kind.empty()) {
      auto& locks = same->first.lock_kind;
      locks += (locks.empty() ? "" : ", ") + holder.lock_kind;
    }
  }
  return rows;
}

}  // namespace

Findings active(const Layout& layout, const ProductSpec& spec, ServiceManager& manager) {
  auto report = find_holders(holder_query(layout, spec));
  auto services = fill_services(spec, layout);

  Findings findings;
  std::set<pid_t> services_told;  // one line for each of them is enough
  for (const auto& [holder, file] : merged(layout, spec, report.holders)) {
    const bool own = is_own_service(holder, services, manager);
    if (own && !services_told.insert(holder.process.pid).second) continue;
    findings.push_back(finding_of(holder, file, own));
  }
  if (report.unreadable > 0)
    findings.push_back({Severity::warning, {msg::processes_invisible, {{"count", std::to_string(report.unreadable)}}}});
  return findings;
}

}  // namespace dfi::checks
