// SPDX-License-Identifier: Apache-2.0
// The machine behind one narrow interface: who holds the product, how its services run, how much room there is.
// Real bodies: proc_holders.cpp, systemd_services.cpp, direct_services.cpp, space.cpp; services.hpp names the drivers.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/process.hpp"

namespace dfi {

namespace fs = std::filesystem;

// ---- Holders (features 81, 84, 90, 93, 106) --------------------------------

/// Why a process is a holder.
enum class Hold {
  runs_object,  // its executable lies in the product tree (also a deleted one)
  job_name,     // its name matches a job pattern of the product (DFAX[0-9]{4}, INTRADEV, TCPSERVER)
  maps_file,    // a product object or data file is mapped
  opens_file,   // a data file (or its -wal/-shm/-journal) is open
  locks_file,   // it holds a POSIX, OFD or flock lock on one
  works_there,  // its working directory lies in the product tree: noted, blocks nothing (feature 77)
};

/// "runs_object" and so on: the word of JSON.
std::string_view hold_name(Hold hold);

struct Holder {
  ProcessIdentity process;                        // pid 0: the lock is there, but its owner is not visible to us
  std::string user, command, started, tty, unit;  // started: UTC; tty and unit may be empty
  Hold hold;
  fs::path path;          // the object or data file
  std::string lock_kind;  // "FLOCK write", "POSIX write (SQLite RESERVED), POSIX read (SQLite SHARED)"; or empty
  bool deleted = false;   // the object or file it holds was replaced or removed: gone from the tree, not from memory
  Json to_json() const;
};

struct HolderQuery {
  fs::path product_tree;                  // all generations: executables, maps, working directories below it
  std::vector<fs::path> data_files;       // open, mapped, locked; with -wal, -shm, -journal
  std::vector<std::string> job_patterns;  // regular expressions for the whole process name (comm)
};

struct HolderReport {
  std::vector<Holder> holders;  // by pid; one row per process and file with the strongest reason: lock before open
  unsigned unreadable = 0;      // processes of others which we may not look into (not root)
};

/// Looks at /proc once; never waits, never calls lsof or fuser. This process and its ancestors are not reported
/// unless they hold a data file. Throws Error job_pattern_malformed.
HolderReport find_holders(const HolderQuery& query);

// ---- Services ------------------------------------------------------------------------------------------------------

/// A service of the product as its manifest names it.
struct Service {
  std::string name;                  // "faxmaild"
  std::string unit;                  // "directfax-faxmaild.service"
  std::vector<std::string> command;  // {product} and {root} already put in
  unsigned stop_seconds = 60;
  std::vector<std::string> objects;  // globs of the objects it uses: replaced ones need its restart
};

/// A unit that starts a service by itself: a socket, timer or path unit.
struct Trigger {
  std::string unit;
  bool active, enabled;
};

class ServiceManager {
 public:
  virtual ~ServiceManager() = default;
  virtual std::string kind() const = 0;  // "systemd" or "direct"
  virtual bool running(const Service& service) = 0;
  /// True if this process is the one the manager started for the service, and no other that runs the same program.
  virtual bool owns(const Service& service, const Holder& holder) = 0;
  /// Returns when the service said READY=1. Throws Error service_not_started with its last output.
  virtual void start(const Service& service) = 0;
  /// Asks it to finish and waits. Throws Error service_not_stopped (exit 14) after `wait`. Not running is no error.
  virtual void stop(const Service& service, std::chrono::seconds wait) = 0;
  /// The last lines it wrote, and with systemd the state of its unit; for people.
  virtual std::string last_output(const Service& service) = 0;

  // What else starts services on this machine. The direct driver has nothing of the kind.
  virtual std::vector<Trigger> triggers(const std::vector<Service>&) { return {}; }
  virtual void start_units(const std::vector<std::string>&) {}
  virtual void stop_units(const std::vector<std::string>&) {}
  /// Stops these units and keeps everybody from starting them until allow() or the next boot. Throws Error
  /// unit_not_closed.
  virtual void forbid(const std::vector<std::string>&) {}
  /// Takes forbid() back, also one that was killed half-way. Starts nothing.
  virtual void allow(const std::vector<std::string>&) {}
};

/// systemd if it runs here and root is "/", else own processes (pid file, pidfd, NOTIFY_SOCKET) below `state`.
std::unique_ptr<ServiceManager> service_manager(const fs::path& root, const fs::path& state);

// ---- Space ---------------------------------------------------------------------------------------------------------

struct FileSystemSpace {
  std::uint64_t device;
  fs::path mount_point;
  std::uintmax_t free_bytes;  // for us, quota not counted
  std::uintmax_t bytes, inodes, free_inodes;
  std::string type, source, options;  // "ext4", "/dev/sda2", "rw,relatime"; as mountinfo says
};
/// The file system that holds `path`, or its nearest existing parent.
FileSystemSpace space_of(const fs::path& path);

}  // namespace dfi
