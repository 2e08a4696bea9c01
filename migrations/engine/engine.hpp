// SPDX-License-Identifier: Apache-2.0
// The conversion engine as the installer sees it: formats (every level a data file ever had) and conversions (steps
// between two levels), both data in a directory; nothing product-specific is compiled in.
// Format of the definitions: migrations/README.md. Semantics: a conversion reads the data file, writes a shadow beside
// it, verifies the shadow; it never changes the data file itself. The one exception are metadata changes in place: for
// them it only shows that they work, and apply_in_place() makes them.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/message.hpp"

namespace dfi::migrations {

namespace fs = std::filesystem;

enum class Kind { sqlite, config, area, records };
std::string_view kind_name(Kind kind);

/// One data file as a release names it. Its kind may change from level to level, so the content tells it.
struct DataFile {
  std::string name;  // "FAXSTAT"
  fs::path path;     // absolute
};

struct Step {
  std::string conversion;  // "CVTSTAT2"
  int from, to;
  bool operator==(const Step&) const = default;
};

/// How a pass works. Its steps are done in one go: read once, written once.
enum class PassKind {
  records,   // record file to record file; neighbouring steps are fused
  load,      // record file to SQLite or configuration; record steps before it are fused in
  sqlite,    // SQL on a page copy
  fresh,     // SQL into a fresh file, the old one attached
  in_place,  // SQL on the file itself, at the pivot: metadata only, and it can be taken back
  config,
  area,
  external,  // a program of the release
};
std::string_view pass_name(PassKind kind);
struct Pass {
  PassKind kind;
  std::vector<Step> steps;
};
/// What leads one data file from its level to the wanted one, passes in their order; empty: nothing to do.
using Route = std::vector<Pass>;
std::vector<Step> steps_of(const Route& route);

/// A thing a user put on a data file (in IBM words: a logical file): view, index, trigger; for record files another
/// name of it ("hard link", "symbolic link"), which `sql` then holds.
struct Dependent {
  std::string file, type, name, sql;
};

enum class OnError { abort, reject };
/// How many records may be rejected before the conversion aborts all the same: a number, or a share of all.
struct RejectLimit {
  std::uint64_t records = 0;
  double share = 0;  // of 1; counts if `records` is 0
  bool reached(std::uint64_t rejected, std::uint64_t all) const;
};
/// "12" or "0.1%"; nothing if it is neither.
std::optional<RejectLimit> parse_reject_limit(const std::string& text);

enum class Dependents { recreate, abort, save_only };

/// What the caller may say beside the definitions.
struct Policy {
  std::optional<OnError> on_error;         // instead of what the definition says
  std::optional<RejectLimit> max_rejects;  // the same
  Dependents dependents = Dependents::recreate;
  unsigned threads = 0;  // 0: one a core. The bytes do not depend on it
  /// Nothing aborts: every bad record and every row a check brings up is told to the Supervisor (`check --data`).
  bool collect = false;
};

/// A record or row that cannot be converted.
struct Refusal {
  std::string file, conversion;
  std::uint64_t record = 0;  // from 1 on; 0: a row of a check
  std::uint64_t offset = 0;  // of the field in the file
  std::string field, hex;    // bytes of the field; of a check: its name, and empty
  std::string kind;          // "bad_digit"
  Message reason;
  std::string made_by = {};  // the conversion of whose result this is the record; empty: of the data file
  Json to_json() const;
};

/// What the run that converts wants to know and to keep. All calls come from the thread that called convert().
class Supervisor {
 public:
  virtual ~Supervisor() = default;
  /// Bytes of input read of all passes' input; records rejected so far. May throw: Error interrupted ends the
  /// conversion like any other error, the last checkpoint stays.
  virtual void progress(std::uint64_t done, std::uint64_t total, std::uint64_t rejected) = 0;
  /// Where an earlier try of this very file came to; nothing: start anew.
  virtual std::optional<Json> checkpoint() { return std::nullopt; }
  /// Durable on return. The engine has synced what the checkpoint speaks of. Null: forget it.
  virtual void save_checkpoint(const Json&) {}
  virtual void refused(const Refusal&) {}
};

/// What a file needs and becomes. Exact where it says so.
struct Estimate {
  std::uint64_t records = 0;     // rows of the product's tables, records of a record file
  std::uintmax_t bytes_in = 0;   // with a -wal
  std::uintmax_t bytes_out = 0;  // exact for record files; of databases what tables of this size usually become
  std::uintmax_t space = 0;      // the most that is needed beside the file at any moment
  bool exact = false;
};

/// A metadata change of a SQLite file that is made on the file itself.
struct InPlaceChange {
  int from = 0, to = 0;
  std::string convert, revert;  // SQL, each run in one transaction with the level
  std::string conversion;       // its name
  Json to_json() const;
  static InPlaceChange from_json(const Json& json);
};

/// Whether definitions are still to be shown to work. `done`: those of the installed release were, when it came.
enum class Proof { now, done };

/// All definitions below one directory: *.toml in folders named formats are formats, all others conversions; folders
/// named programs hold what external conversions run.
class Catalogue {
 public:
  /// Reads all and proves each conversion on an empty file. Throws Error definition_malformed (file, line, reason),
  /// also if two conversions of one release (its folder) lead a file from the same level to the same level.
  static Catalogue load(const fs::path& directory, Proof proof = Proof::now);
  Catalogue(Catalogue&&) noexcept;
  Catalogue& operator=(Catalogue&&) noexcept;
  ~Catalogue();

  /// The level of a data file as it is on disk. `told`: what the inventory or the operator (--level) says; it must fit
  /// the content. Without it the fingerprint decides: user_version and schema, format_level, length of area or record,
  /// key order and a probe of the fields. Never guesses: throws level_unknown, level_ambiguous (candidates), or
  /// level_newer if it says more than the newest format. Leaves no trace (no -wal, no -shm).
  int level_of(const DataFile& file, std::optional<int> told = std::nullopt) const;
  /// Kind of a file of this level.
  Kind kind_of(const std::string& file, int level) const;
  /// Fewest passes, then fewest steps, then the lowest names; of conversions between the same levels that of the latest
  /// release (folder) counts. Throws no_path, or level_newer if `to` < `from`. `fuse`
  /// false: a pass for each step.
  Route route(const DataFile& file, int from, int to, bool fuse = true) const;
  Estimate estimate(const DataFile& file, int level, const Route& route) const;
  /// Views, indexes, triggers that are not in the shipped schema of that level; other names of a record file.
  std::vector<Dependent> dependents(const DataFile& file, int level) const;
  /// Digest of everything that decides what this route does to a file: definitions and programs.
  std::string digest(const DataFile& file, const Route& route) const;

  /// First installation: writes an empty data file of this level (durably). An existing file is an error.
  void create(const DataFile& file, int level) const;

  struct Total {
    std::string conversion, field, before, after;
  };
  struct Result {
    std::vector<Step> steps;
    std::vector<std::string> recreated;    // dependents put back and proven
    std::vector<std::string> saved_only;   // dependents that only stand in the saved SQL (Dependents::save_only)
    std::vector<std::string> not_carried;  // config: what a person wrote and the new level has no place for
    std::uint64_t rows_before = 0, rows_after = 0, rejected = 0;
    std::uintmax_t bytes_before = 0, bytes_after = 0;
    std::vector<Total> totals;
    std::uint64_t went_on_at = 0;  // first record of this try; 0: from the start
    std::string input_digest, output_digest;
  };
  /// Converts `file` along `route` into `shadow` (complete and synced on return). The data file stays as it is byte for
  /// byte (a hot journal is rolled back, a WAL checkpointed first). What lies at `shadow` is gone on with if the
  /// Supervisor has a checkpoint that proves it, else thrown away first. Beside the shadow, if there is something for
  /// them: `<shadow>.dependents.sql`, `<shadow>.rejects` (records of the level at which their pass began),
  /// `<shadow>.rejects.jsonl`; of a pass behind the first `<shadow>.<level>.rejects` and `.rejects.jsonl`, by the level
  /// at which it began. What a program said is in `<shadow>.log`. Owner, mode and extended attributes are those of
  /// `file`. A route of one in_place pass makes no shadow. Throws Error: record_refused (conversion, file, record,
  /// field, offset, hex, …), record_file_ragged, too_many_rejects, totals_differ, conversion_failed (conversion, file,
  /// reason), verify_failed (conversion, file, check, row), dependent_failed, dependents_unwanted, data_file_busy
  /// (locked by another process), external_bad_data, external_later, external_failed, external_silent,
  /// external_input_changed, and what the Supervisor throws.
  Result convert(const DataFile& file, const Route& route, const fs::path& shadow, const Policy& policy,
                 Supervisor& supervisor) const;
  /// Set if the route is one in_place pass.
  std::optional<InPlaceChange> in_place(const Route& route) const;

  /// Feeds repaired rejected records (a .rejects file of `from`; each one whole) into a copy of `file`, which has the
  /// level `to`: by key where the format has one, else behind the last. The copy is `shadow`. Each record that
  /// is still refused is told to the Supervisor. Throws rejects_ragged, rejects_still_bad, rejects_there if a key is
  /// there already, refeed_failed if a table does not take the rows, and otherwise as convert().
  Result refeed(const DataFile& file, int from, int to, const fs::path& rejects, const fs::path& shadow,
                const Policy& policy, Supervisor& supervisor) const;

  /// What differs between a data file and what it was.
  struct Carried {
    std::uint64_t created = 0, changed = 0, deleted = 0;  // rows of a database, keys of a configuration
    std::uint64_t requeued = 0, followed = 0;  // rows which the older file took; changed and deleted ones it followed
    std::uint64_t refused = 0;                 // what it was to take and did not
    bool whole = false;  // its bytes differ, and its kind (or what is in it) has no rows to compare
    bool any() const { return created + changed + deleted > 0 || whole; }
  };
  /// A JSON object: `table`, `change` (new, changed, deleted), `key`, `values`, of a changed one `before`; of what the
  /// older file was to take `requeued` or `followed`, and if it refused `reason`. Of a configuration no `table`.
  using RowListener = std::function<void(const Json&)>;
  /// Compares `now`, which has this level, with `then` (complete, nobody writes to it) row by row; tables without a
  /// key by rowid. `older` (empty: none): a file of an older level; new rows for which the format's `requeue` holds are
  /// put into it by the columns both have, each by itself, and it follows changed and deleted rows as the format's
  /// `follow` says: what is done must not be done once more. Synced on return. Neither `now` nor `then` is changed.
  Carried carry_over(const DataFile& now, int level, const fs::path& then, const fs::path& older,
                     const RowListener& tell) const;

 private:
  struct Data;
  explicit Catalogue(std::unique_ptr<Data> data);
  std::unique_ptr<Data> data_;
};

/// Makes or takes back the change in one transaction; nothing to do if the file has that level already. Throws
/// data_file_busy, conversion_failed.
void apply_in_place(const DataFile& file, const InPlaceChange& change);
void revert_in_place(const DataFile& file, const InPlaceChange& change);

/// A copy of the file, complete, on which the change is taken back (durable). The file itself stays as it is.
void copy_reverted(const DataFile& file, const InPlaceChange& change, const fs::path& copy);

/// Ends what is left of conversion programs that worked below this directory, when dfinstall was killed: they would go
/// on writing to what the next try makes. True if there were some. Throws Error external_left if one cannot be ended.
bool end_left_programs(const fs::path& below);

/// A copy to try things on while the product works: SQLite files by the backup interface, others byte for byte.
void copy_live(const fs::path& from, const fs::path& to);

}  // namespace dfi::migrations
