// SPDX-License-Identifier: Apache-2.0
#include "base/gate.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "base/clock.hpp"
#include "base/durable.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "messages/gate.hpp"

namespace dfi::gate {
namespace {

fs::path marker_path(const fs::path& data) { return data / ".dfinstall" / "gate"; }
fs::path lock_path(const fs::path& data) { return data / ".dfinstall" / "gate.lock"; }

// Readable by the product's user: flock needs no write permission.
Fd open_lock(const fs::path& data) {
  Fd fd(::open(lock_path(data).c_str(), O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!fd && (errno == EACCES || errno == EROFS)) fd = Fd(::open(lock_path(data).c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw os_error("open", lock_path(data));
  return fd;
}

bool try_lock(const Fd& fd, int operation) {
  while (::flock(fd.get(), operation | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) throw os_error("flock", "gate.lock");
  }
  return true;
}

Error closed(const Marker& marker) { return Error(msg::gate_closed, {{"run", marker.run}, {"since", marker.since}}); }

}  // namespace

std::optional<Marker> read(const fs::path& data) {
  auto text = read_file_if_exists(marker_path(data));
  if (!text) return std::nullopt;
  try {
    auto json = Json::parse(*text);
    return Marker{json.at("run").get<std::string>(), json.at("phase") == "held" ? Phase::held : Phase::closed,
                  json.at("since").get<std::string>(), json.at("pid").get<int>()};
  } catch (const nlohmann::json::exception&) {
    return Marker{"?", Phase::closed, "?", 0};
  }
}

void set_marker(const fs::path& data, const Marker& marker) {
  Json json{{"run", marker.run},
            {"phase", marker.phase == Phase::held ? "held" : "closed"},
            {"since", marker.since},
            {"pid", marker.pid}};
  durable::make_directories(data / ".dfinstall");
  durable::write_file(marker_path(data), json.dump() + "\n");
}

void remove_orphan(const fs::path& data) {
  if (read(data)) durable::remove(marker_path(data));
}

Closure Closure::close(const fs::path& data, const Marker& marker, int timeout_ms) {
  set_marker(data, marker);
  Fd lock = open_lock(data);
  const auto deadline = monotonic_ms() + timeout_ms;
  while (!try_lock(lock, LOCK_EX)) {
    if (monotonic_ms() >= deadline) throw Error(msg::gate_busy, {{"lock", lock_path(data).string()}});
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return Closure(std::move(lock));
}

void Closure::open(const fs::path& data, std::optional<Closure> closure) {
  durable::remove(marker_path(data));
  closure.reset();
}

Pass Pass::enter(const fs::path& data, bool may_be_held) {
  Fd lock = open_lock(data);
  auto marker = read(data);
  if (marker && !(may_be_held && marker->phase == Phase::held)) throw closed(*marker);
  if (marker) return Pass(data, std::move(lock), true);
  if (!try_lock(lock, LOCK_SH)) {
    // A run that is just closing has the lock but not yet looked at us; its marker is there by now.
    marker = read(data);
    throw closed(marker ? *marker : Marker{"?", Phase::closed, "?", 0});
  }
  // The marker is written before the lock is taken, so looking again after the lock leaves no gap.
  if ((marker = read(data))) throw closed(*marker);
  return Pass(data, std::move(lock), false);
}

bool Pass::held() {
  if (held_ && !read(directory_) && try_lock(lock_, LOCK_SH)) {
    if (read(directory_))
      ::flock(lock_.get(), LOCK_UN);
    else
      held_ = false;
  }
  return held_;
}

}  // namespace dfi::gate
