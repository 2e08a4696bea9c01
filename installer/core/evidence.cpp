// SPDX-License-Identifier: Apache-2.0
#include "core/evidence.hpp"

#include <fmt/core.h>
#include <sys/utsname.h>

#include <map>

#include "base/clock.hpp"
#include "base/companions.hpp"
#include "base/durable.hpp"
#include "base/error_json.hpp"
#include "base/file.hpp"
#include "core/generation.hpp"
#include "messages/support.hpp"
#include "system/proc_locks.hpp"

namespace dfi {
namespace {

constexpr std::size_t size_limit = 256 << 10, log_rows = 200, output_bytes = 8 << 10;

// One part that cannot be had is told in its place and hides no other.
template <class Look>
void put(Json& evidence, const char* part, Look look) {
  try {
    evidence[part] = look();
  } catch (const std::exception& e) {
    evidence[part] = {{"unknown", e.what()}};
  }
}

std::string tail_of(std::string text) {
  if (text.size() > output_bytes) text = "…" + text.substr(text.size() - output_bytes);
  return text;
}

Json holders_of(const Layout& layout, const Generation& generation) {
  const auto report = find_holders(holder_query(layout, generation.spec()));
  Json holders = Json::array();
  for (const auto& holder : report.holders) holders.push_back(holder.to_json());
  return {{"seen", holders}, {"processes_not_seen", report.unreadable}};
}

// The files whose locks concern us, with the companions of databases.
std::vector<fs::path> lockable_files(const Layout& layout, const std::optional<Generation>& generation) {
  std::vector<fs::path> files{layout.run_lock(), layout.data() / ".dfinstall/gate.lock"};
  const auto with_companions = [&](const fs::path& file) {
    for (const char* suffix : suffixes_with_companions) files.push_back(file.string() + suffix);
  };
  with_companions(layout.journal());
  if (generation)
    for (const auto& file : generation->spec().data_files) with_companions(data_path(layout, file));
  return files;
}

Json locks_of(const std::vector<fs::path>& files) {
  const auto mounts = read_mounts();
  std::map<FileKey, fs::path> ours;
  for (const auto& file : files)
    if (const auto facts = facts_of(file))
      for (const auto& key : keys_of(*facts, mounts)) ours[key] = file;
  Json locks = Json::array();
  for (const auto& lock : proc::all_locks())
    if (const auto file = ours.find(lock.file); file != ours.end())
      locks.push_back({{"path", file->second.string()},
                       {"type", lock.type},
                       {"write", lock.write},
                       {"pid", lock.pid},
                       {"means", proc::lock_words({lock}, file->second)}});
  return locks;
}

Json file_systems_of(const Layout& layout) {
  Json list = Json::array();
  const std::pair<const char*, fs::path> places[] = {{"product", layout.product_base()},
                                                     {"data", layout.data()},
                                                     {"configuration", layout.config()},
                                                     {"state", layout.state()},
                                                     {"backups", layout.backups()}};
  for (const auto& [what, path] : places) {
    const auto space = space_of(path);
    list.push_back({{"what", what},
                    {"path", path.string()},
                    {"mount_point", space.mount_point.string()},
                    {"type", space.type},
                    {"source", space.source},
                    {"options", space.options},
                    {"bytes", space.bytes},
                    {"free_bytes", space.free_bytes},
                    {"inodes", space.inodes},
                    {"free_inodes", space.free_inodes}});
  }
  return list;
}

Json services_of(Run& run, const Generation& generation) {
  Json list = Json::array();
  for (const auto& service : generation.services(run.layout())) {
    Json facts{{"name", service.name}, {"driver", run.services().kind()}};
    put(facts, "running", [&] { return Json(run.services().running(service)); });
    put(facts, "output", [&] { return Json(tail_of(run.services().last_output(service))); });
    list.push_back(facts);
  }
  return list;
}

Json job_log_of(const Run& run) {
  const auto rows = run.journal().log_of(run.id());
  Json log = Json::array();
  for (std::size_t i = rows.size() > log_rows ? rows.size() - log_rows : 0; i < rows.size(); ++i)
    log.push_back(to_json(rows[i], Language::english));
  return log;
}

Json abort_reports_of(const Run& run) {
  Json names = Json::array();
  const auto prefix = std::to_string(run.id()) + "-";
  if (fs::exists(run.layout().aborts()))
    for (const auto& entry : walk(run.layout().aborts()))
      if (entry.path.string().rfind(prefix, 0) == 0) names.push_back((run.layout().aborts() / entry.path).string());
  return names;
}

std::string system_name() {
  const auto text = read_file_if_exists("/etc/os-release").value_or("");
  const std::string key = "PRETTY_NAME=";
  const auto begin = text.find(key);
  if (begin == std::string::npos) return "?";
  auto name = text.substr(begin + key.size(), text.find('\n', begin) - begin - key.size());
  if (name.size() > 1 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
  return name;
}

std::string dumped(const Json& evidence) {
  // Names and outputs of others need not be UTF-8.
  return evidence.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

Json versions_json(const Layout& layout) {
  utsname kernel{};
  ::uname(&kernel);
  Json versions{{"dfinstall", DFI_VERSION},
                {"product", layout.product()},
                {"kernel", fmt::format("{} {} {}", kernel.sysname, kernel.release, kernel.machine)},
                {"system", system_name()}};
  put(versions, "installed", [&]() -> Json {
    const auto generation = Generation::current(layout);
    if (!generation) return nullptr;
    return {
        {"version", generation->manifest.version}, {"level", generation->level()}, {"generation", generation->name}};
  });
  return versions;
}

Json gather_evidence(Run& run, const std::string& step, const Error* cause, const Error* recovery) {
  const auto& layout = run.layout();
  const auto error_part = [](const Error* error) { return error ? error_json(*error, Language::english) : nullptr; };
  Json evidence{{"at", now_utc()},
                {"run", run.id()},
                {"verb", run.verb()},
                {"inputs", run.inputs()},
                {"step", step},
                {"error", error_part(cause)},
                {"recovery_step", recovery ? Json(run.step) : Json(nullptr)},
                {"recovery_error", error_part(recovery)}};
  std::optional<Generation> generation;
  put(evidence, "versions", [&] { return versions_json(layout); });
  put(evidence, "holders", [&]() -> Json {
    generation = Generation::current(layout);
    return generation ? holders_of(layout, *generation) : Json(nullptr);
  });
  put(evidence, "locks", [&] { return locks_of(lockable_files(layout, generation)); });
  put(evidence, "file_systems", [&] { return file_systems_of(layout); });
  put(evidence, "services", [&] { return generation ? services_of(run, *generation) : Json::array(); });
  put(evidence, "abort_reports", [&] { return abort_reports_of(run); });
  put(evidence, "log", [&] { return job_log_of(run); });
  return evidence;
}

std::optional<fs::path> keep_evidence(Run& run, Json evidence) {
  try {
    auto& log = evidence["log"];
    auto text = dumped(evidence);
    while (text.size() > size_limit && log.is_array() && !log.empty()) {
      log.erase(log.begin(), log.begin() + static_cast<std::ptrdiff_t>((log.size() + 1) / 2));
      text = dumped(evidence);
    }
    const auto directory = run.layout().evidence();
    durable::make_directories(directory, 0750);
    const auto path_of = [&](int n) { return directory / fmt::format("{}-{}.json", run.id(), n); };
    int n = 1;
    while (fs::exists(path_of(n))) ++n;
    durable::write_file(path_of(n), text, 0640);
    run.say(msg::evidence_kept, {{"path", path_of(n).string()}});
    return path_of(n);
  } catch (const std::exception&) {
    // Most likely a full disk, which the cause says already.
    return std::nullopt;
  }
}

}  // namespace dfi
