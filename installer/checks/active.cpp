// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <set>

#include "base/companions.hpp"
#include "checks/checks.hpp"
#include "messages/check.hpp"
#include "messages/system.hpp"

namespace dfi::checks {
namespace {

// A process of a service that dfinstall stops by itself.
bool is_own_service(const Holder& holder, const std::vector<Service>& services, ServiceManager& manager) {
  return std::any_of(services.begin(), services.end(), [&](const auto& s) { return manager.owns(s, holder); });
}

using Row = std::pair<Holder, const DataFileSpec*>;

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

// The file itself or a companion of a SQLite file; another data file may begin with its name.
bool is_part_of(const fs::path& path, const fs::path& data_file) {
  return std::any_of(std::begin(suffixes_with_companions), std::end(suffixes_with_companions),
                     [&](const char* suffix) { return path.native() == data_file.native() + suffix; });
}

// A SQLite file is three for the kernel (-wal, -shm), one for a person: one row per process and data file, all its
// locks.
std::vector<Row> merged(const Layout& layout, const ProductSpec& spec, const std::vector<Holder>& holders) {
  std::vector<Row> rows;
  for (const auto& holder : holders) {
    const DataFileSpec* file = nullptr;
    for (const auto& candidate : spec.data_files)
      if (is_part_of(holder.path, data_path(layout, candidate))) file = &candidate;
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

Job::Kind kind_of(const Holder& holder, bool own) {
  if (own) return Job::Kind::service;
  if (!holder.tty.empty()) return Job::Kind::person;
  const bool works = holder.hold == Hold::runs_object || holder.hold == Hold::job_name;
  return works ? Job::Kind::product : Job::Kind::stranger;
}

}  // namespace

std::vector<Job> jobs(const Layout& layout, const ProductSpec& spec, ServiceManager& manager) {
  const auto services = fill_services(spec, layout);
  const auto report = find_holders(holder_query(layout, spec));
  std::vector<Job> jobs;
  for (const auto& [holder, file] : merged(layout, spec, report.holders)) {
    const bool own = is_own_service(holder, services, manager);
    const bool blocks = own || finding_of(holder, file, own).severity == Severity::blocker;
    const Job job{holder, kind_of(holder, own), blocks};
    const auto same = std::find_if(jobs.begin(), jobs.end(), [&, pid = holder.process.pid](const auto& known) {
      return pid != 0 && known.holder.process.pid == pid;
    });
    if (same == jobs.end()) {
      jobs.push_back(job);
      continue;
    }
    // What makes it a job of the product goes before a file it has open.
    if (job.kind < same->kind) *same = {job.holder, job.kind, job.blocks || same->blocks};
    same->blocks = same->blocks || job.blocks;
  }
  return jobs;
}

namespace {

void add_triggers(const std::vector<Service>& services, ServiceManager& manager, Findings& findings) {
  for (const auto& trigger : manager.triggers(services))
    if (trigger.active)
      findings.push_back({Severity::note,
                          {msg::unit_listens, {{"unit", trigger.unit}}},
                          {{"hold", "wakes"}, {"unit", trigger.unit}, {"object", trigger.unit}}});
}

void add_unseen(const HolderReport& report, Findings& findings) {
  if (report.unreadable > 0)
    findings.push_back({Severity::warning, {msg::processes_invisible, {{"count", std::to_string(report.unreadable)}}}});
}

}  // namespace

Findings active(const Layout& layout, const ProductSpec& spec, ServiceManager& manager) {
  const auto report = find_holders(holder_query(layout, spec));
  const auto services = fill_services(spec, layout);
  Findings findings;
  std::set<pid_t> services_told;  // one line for each of them is enough
  for (const auto& [holder, file] : merged(layout, spec, report.holders)) {
    const bool own = is_own_service(holder, services, manager);
    if (own && !services_told.insert(holder.process.pid).second) continue;
    findings.push_back(finding_of(holder, file, own));
  }
  add_triggers(services, manager, findings);
  add_unseen(report, findings);
  return findings;
}

Findings locks(const Layout& layout, const ProductSpec& spec, ServiceManager& manager, const std::string& object) {
  const auto report = find_holders(holder_query(layout, spec));
  const auto services = fill_services(spec, layout);
  Findings findings;
  for (const auto& [holder, file] : merged(layout, spec, report.holders)) {
    const bool own = is_own_service(holder, services, manager);
    auto finding = finding_of(holder, file, own);
    if (finding.details.at("object") != object) continue;
    if (own && file) finding.message.id = msg::service_holds;
    findings.push_back(std::move(finding));
  }
  add_unseen(report, findings);
  return findings;
}

}  // namespace dfi::checks
