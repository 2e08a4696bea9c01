// SPDX-License-Identifier: Apache-2.0
// The gate between a run of dfinstall and the product (feature 72): closed = no product process may start.
// Two parts: a marker file, which survives a reboot, and a flock, which the kernel frees when its owner dies. The run
// holds the lock exclusively, every product process shares it for its whole life.
// This file is the only contract between installer and engine besides the manifest.
#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "base/fd.hpp"

namespace dfi::gate {

enum class Phase {
  closed,  // nobody may start
  held,    // a daemon may start for the self-test, but takes no work yet
};

struct Marker {
  std::string run;  // "7 (update)": the words that name it to a person
  Phase phase;
  std::string since;  // UTC
  int pid;
};

/// What stands before the gate of this data directory; nothing = open. An unreadable marker counts as closed.
std::optional<Marker> read(const std::filesystem::path& data_directory);

/// dfinstall's side. Held from `gate` to `open` by one process; resume takes it again.
class Closure {
 public:
  /// Writes the marker (durably), then takes the exclusive lock. Product processes that still share the lock make it
  /// wait `timeout_ms`, then throw Error gate_busy.
  static Closure close(const std::filesystem::path& data_directory, const Marker& marker, int timeout_ms);
  /// Removes the marker, frees the lock.
  static void open(const std::filesystem::path& data_directory, std::optional<Closure> closure);

 private:
  explicit Closure(Fd lock) : lock_(std::move(lock)) {}
  Fd lock_;
};
/// Opens a gate whose run is known to be over: the caller owns the run lock and no run is unfinished.
void remove_orphan(const std::filesystem::path& data_directory);
/// Changes the phase of a closed gate.
void set_marker(const std::filesystem::path& data_directory, const Marker& marker);

/// The product's side: a process of the product keeps its Pass while it runs.
class Pass {
 public:
  /// Takes the shared lock. Throws Error gate_closed (naming the run) if the gate is closed; with `may_be_held` and
  /// phase held it returns a pass that is held.
  static Pass enter(const std::filesystem::path& data_directory, bool may_be_held);
  /// True until the marker is gone and the shared lock could be taken; a held daemon polls this before each work.
  bool held();

 private:
  Pass(std::filesystem::path directory, Fd lock, bool held)
      : directory_(std::move(directory)), lock_(std::move(lock)), held_(held) {}
  std::filesystem::path directory_;
  Fd lock_;
  bool held_;
};

}  // namespace dfi::gate
