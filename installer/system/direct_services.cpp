// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "base/clock.hpp"
#include "base/durable.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/proc.hpp"
#include "messages/general.hpp"
#include "messages/system.hpp"
#include "system/notify_socket.hpp"
#include "system/services.hpp"

namespace dfi {
namespace {

using std::chrono::milliseconds;

constexpr std::uintmax_t log_limit = 4u << 20;

/// What stands in `<name>.json`. It is written twice: before the process is made (socket only) and when it is ready.
/// A dfinstall that dies in between leaves a process which the socket's name in its environment still identifies.
struct Record {
  std::string socket;
  std::optional<ProcessIdentity> process;
};

/// The process that was started with this notify socket: the leader of its session, not a child that inherited it.
std::optional<ProcessIdentity> find_by_socket(const std::string& socket) {
  const auto wanted = "NOTIFY_SOCKET=" + socket;
  for (const pid_t pid : proc::all()) {
    const auto stat = proc::stat(pid);
    if (!stat || stat->session != pid) continue;
    if (proc::environment(pid).find('\0' + wanted + '\0') != std::string::npos) return ProcessIdentity::of(pid);
  }
  return std::nullopt;
}

/// The exit status of our own child, and with it the end of its zombie; nothing if it is another's child.
std::optional<int> reap(pid_t pid) {
  int status = 0;
  if (pid <= 0 || ::waitpid(pid, &status, WNOHANG) != pid) return std::nullopt;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

class DirectServices : public ServiceManager {
 public:
  DirectServices(fs::path directory, milliseconds ready_wait)
      : directory_(std::move(directory)), ready_wait_(ready_wait) {}

  std::string kind() const override { return "direct"; }

  bool running(const Service& service) override {
    const auto record = read(service);
    return record && process_of(*record).has_value();
  }

  bool owns(const Service& service, const Holder& holder) override {
    const auto record = read(service);
    return record && process_of(*record) == holder.process;
  }

  void start(const Service& service) override {
    if (const auto record = read(service)) {
      const auto process = process_of(*record);
      if (process && record->process) return;
      // Made by a run that died before it was ready: nobody saw its READY=1, so it is made again.
      if (process) stop(service, std::chrono::seconds(service.stop_seconds));
    }
    durable::make_directories(directory_);
    trim_log(service);
    const auto log_start = log_size(service);
    NotifySocket socket;
    write(service, {socket.address(), std::nullopt});
    const auto process = spawn(service, socket.address(), log_start);
    await_ready(service, socket, process, log_start);
    write(service, {socket.address(), process});
  }

  void stop(const Service& service, std::chrono::seconds wait) override {
    const auto record = read(service);
    if (!record) return;
    if (const auto process = process_of(*record)) {
      send_signal(*process, SIGTERM);
      if (!wait_gone(*process, wait))
        throw Error(msg::service_not_stopped, {{"service", service.name},
                                               {"pid", std::to_string(process->pid)},
                                               {"seconds", std::to_string(wait.count())}});
    }
    durable::remove(file(service, ".json"));
  }

  std::string last_output(const Service& service) override { return last_output(service, 0); }

 private:
  fs::path file(const Service& service, const char* extension) const { return directory_ / (service.name + extension); }

  std::optional<Record> read(const Service& service) const {
    const auto path = file(service, ".json");
    // An ordinary user may look at the product, but not at what dfinstall keeps.
    if (::access(path.c_str(), R_OK) != 0 && errno == EACCES) return std::nullopt;
    const auto text = read_file_if_exists(path);
    if (!text) return std::nullopt;
    const auto json = parse_json(*text, path);
    return from_json_document(path, [&] {
      Record record{json.at("socket").get<std::string>(), std::nullopt};
      if (json.contains("process")) record.process = ProcessIdentity::from_json(json["process"]);
      return record;
    });
  }

  void write(const Service& service, const Record& record) const {
    Json json{{"service", service.name}, {"command", service.command}, {"socket", record.socket}};
    if (record.process) json["process"] = record.process->to_json();
    durable::write_file(file(service, ".json"), json.dump(2) + "\n");
  }

  /// The living process of a record.
  static std::optional<ProcessIdentity> process_of(const Record& record) {
    if (!record.process) return find_by_socket(record.socket);
    if (record.process->alive()) return record.process;
    reap(record.process->pid);
    return std::nullopt;
  }

  ProcessIdentity spawn(const Service& service, const std::string& socket, std::uintmax_t log_start) const {
    try {
      return spawn_detached(service.command, {"NOTIFY_SOCKET=" + socket}, file(service, ".log").string());
    } catch (const Error& e) {
      durable::remove(file(service, ".json"));
      if (e.message().id != msg::process_failed) throw;
      throw not_started(service, 127, service.command.front() + ": " + e.arg("output"), log_start);
    }
  }

  void await_ready(const Service& service, NotifySocket& socket, const ProcessIdentity& process,
                   std::uintmax_t log_start) const {
    const auto deadline = monotonic_ms() + ready_wait_.count();
    while (!socket.ready_within(milliseconds(50))) {
      if (!process.alive()) {
        const auto status = reap(process.pid);
        durable::remove(file(service, ".json"));
        throw not_started(service, status.value_or(255), {}, log_start);
      }
      if (monotonic_ms() >= deadline) {
        end_quickly(process);
        durable::remove(file(service, ".json"));
        throw Error(msg::service_not_ready,
                    {{"service", service.name},
                     {"seconds", std::to_string(std::chrono::duration_cast<std::chrono::seconds>(ready_wait_).count())},
                     {"output", last_output(service, log_start)},
                     {"log", file(service, ".log").string()}});
      }
    }
  }

  static void end_quickly(const ProcessIdentity& process) {
    send_signal(process, SIGTERM);
    if (wait_gone(process, milliseconds(3000))) return;
    send_signal(process, SIGKILL);
    wait_gone(process, milliseconds(3000));
  }

  Error not_started(const Service& service, int status, const std::string& reason, std::uintmax_t log_start) const {
    return Error(msg::service_not_started, {{"service", service.name},
                                            {"status", std::to_string(status)},
                                            {"output", reason.empty() ? last_output(service, log_start) : reason},
                                            {"log", file(service, ".log").string()}});
  }

  std::uintmax_t log_size(const Service& service) const {
    std::error_code error;
    const auto size = fs::file_size(file(service, ".log"), error);
    return error ? 0 : size;
  }

  void trim_log(const Service& service) const {
    if (log_size(service) > log_limit) durable::rename(file(service, ".log"), file(service, ".log.1"));
  }

  /// What the service wrote since this start, at most its last 2000 characters.
  std::string last_output(const Service& service, std::uintmax_t log_start) const {
    auto text = read_file_if_exists(file(service, ".log")).value_or("");
    text.erase(0, std::min<std::size_t>(log_start, text.size()));
    if (text.size() > 2000) text = "…" + text.substr(text.size() - 2000);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text.empty() ? "-" : text;
  }

  fs::path directory_;
  milliseconds ready_wait_;
};

}  // namespace

std::unique_ptr<ServiceManager> direct_services(const fs::path& state, milliseconds ready_wait) {
  return std::make_unique<DirectServices>(state / "services", ready_wait);
}

}  // namespace dfi
