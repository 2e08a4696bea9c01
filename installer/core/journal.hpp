// SPDX-License-Identifier: Apache-2.0
// What every run did, said and still has to do: one SQLite file (WAL, synchronous=FULL), kept for ever.
// Intent and result are written by the runner and by Run::each, never by a step. The state of a run is computed from
// these rows, never stored twice. Table layout: installer/README.md.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/process.hpp"

namespace dfi {

namespace fs = std::filesystem;

enum class Mark { intent, done, reverting, reverted };
enum class Outcome { done, rolled_back };

/// "3 (update)": what a run is called everywhere.
std::string run_name(int id, const std::string& verb);

struct RunRow {
  int id;
  std::string verb;  // "update"
  Json inputs;       // what the command line asked for
  std::string started, ended;
  std::optional<Outcome> outcome;  // nothing: unfinished
  ProcessIdentity owner;           // who works on it, or worked last
  std::string name() const { return run_name(id, verb); }
};

struct LogRow {
  std::string at, level;  // level: info, warning, error
  Message message;
  std::int64_t number;  // ascending in the whole journal
};
Json to_json(const LogRow& row, Language language);

struct MarkRow {
  std::string at, step, item;
  Mark mark;
  std::int64_t number;  // ascending in the whole journal
};

class Journal {
 public:
  /// Creates the file if `create`; else a missing one is no journal (nothing), and where the disk has no room for what
  /// SQLite keeps beside it, it is a copy of the journal as it is now, to look at only. A journal of a newer dfinstall
  /// is refused.
  static std::optional<Journal> open(const fs::path& path, bool create);
  /// To look at what another process does: writes nothing, not even beside the file. Nothing if there is none.
  static std::optional<Journal> look(const fs::path& path);
  Journal(Journal&&) noexcept;
  ~Journal();

  /// Also sets a reserve of disk space aside, so that a run can be taken back on a full disk.
  int begin_run(const std::string& verb, const Json& inputs);
  void take_over(int run);  // this process owns it now
  void end_run(int run, Outcome outcome);
  /// Gives the reserve to the file system; a failure is not told, the next write will tell it.
  void release_reserve() noexcept;

  std::vector<RunRow> runs() const;  // newest first
  std::optional<RunRow> run(int id) const;
  /// At most one run is unfinished.
  std::optional<RunRow> unfinished() const;

  /// `item` empty: the step itself.
  void mark(int run, const std::string& step, const std::string& item, Mark mark);
  /// The last mark of a step or item.
  std::optional<Mark> last_mark(int run, const std::string& step, const std::string& item) const;
  /// Items of a step that were begun and not taken back, in the order of their begin.
  std::vector<std::string> begun_items(int run, const std::string& step) const;

  /// What a step must remember between processes.
  void note(int run, const std::string& key, const Json& value);
  std::optional<Json> note(int run, const std::string& key) const;

  /// From the first begin of step `first` to the end of step `last` by the clock on the wall, pauses counted; nothing
  /// if one of them is missing, or the clock was set back by more.
  std::optional<double> seconds(int run, const std::string& first, const std::string& last) const;

  void log(int run, const std::string& level, const Message& message);
  /// Rows behind the one with this number, oldest first.
  std::vector<LogRow> log_of(int run, std::int64_t behind = 0) const;
  std::vector<MarkRow> marks_of(int run, std::int64_t behind = 0) const;

 private:
  struct State;
  explicit Journal(std::unique_ptr<State> state);
  static std::unique_ptr<State> in_memory(std::unique_ptr<State> failed);
  std::unique_ptr<State> state_;
};

}  // namespace dfi
