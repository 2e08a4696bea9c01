// SPDX-License-Identifier: Apache-2.0
// What the engine must be able to do with each kind of data file. Internal to the engine; the promises are those of
// Catalogue (engine.hpp).
#pragma once
#include <string>
#include <vector>

#include "migrations/engine/definition.hpp"
#include "migrations/engine/engine.hpp"
#include "migrations/engine/reasons.hpp"

namespace dfi::migrations {

/// One step with the formats at both ends.
struct Edge {
  const Conversion* conversion;
  const Format* from;
  const Format* to;
};
using Formats = std::vector<const Format*>;  // all levels of one file, oldest first
using Edges = std::vector<Edge>;

/// What the parts before did: for limits of the whole file, and to find its records again. Nothing for the first.
struct Before {
  Edges edges;                         // their steps
  bool over_records = true;            // each read records and wrote records, and no program of a release did it
  std::vector<fs::path> reject_lines;  // of those that rejected something
  std::uint64_t records = 0;           // of the data file
  std::uint64_t rejected = 0;
  /// Of the data file; `own`: of the part that asks.
  std::uint64_t records_of_file(std::uint64_t own) const { return edges.empty() ? own : records; }
};

/// One part of a route: passes that one kind does in one go.
struct Work {
  const DataFile& file;  // what messages name
  const Edges& edges;
  const fs::path& input;      // the data file, or what the part before made of it
  const fs::path& output;     // the shadow, or what the part behind reads; complete and synced on return
  const fs::path& shadow;     // names the files beside it: .dependents.sql, .rejects, .rejects.jsonl
  const std::string& digest;  // of the definitions
  const Policy& policy;
  Supervisor& supervisor;
  Before before = {};
};
/// Where a part that begins at `level` keeps the records it rejects; beside it, with ".jsonl", a line for each.
fs::path rejects_beside(const fs::path& shadow, int level, const Before& before);

/// Why a level cannot be told; never returns a guess.
[[nodiscard]] Error level_unknown(const DataFile& file, const Formats& formats, const Reasons& why);
/// The format of the level the file says it has. Throws level_unknown or level_newer.
const Format& known_format(const DataFile& file, const Formats& formats, std::int64_t level, const std::string& where);
/// The level of a file by its content, see Catalogue::level_of.
int fingerprint(const DataFile& file, const Formats& formats, std::optional<int> told);
[[nodiscard]] Error conversion_failed(const Conversion& conversion, const DataFile& file, const Reasons& reasons);
/// What SQLite says, or a fault of the conversion that only its author understands, is quoted.
[[nodiscard]] Error conversion_failed(const Conversion& conversion, const DataFile& file, const std::string& words);
/// Throws conversion_failed if there is a reason.
void require_no_fault(const Conversion& conversion, const DataFile& file, const Reasons& fault);

/// Bytes; 0 if there is no such file.
std::uintmax_t size_of(const fs::path& path);
/// Throws dependents_unwanted if there are any and the policy wants none.
void refuse_dependents(const DataFile& file, const std::vector<Dependent>& dependents, const Policy& policy);

// prove(): shows at load time, without data, that a definition works; throws definition_malformed.

namespace sqlite_kind {
void prove(const Format& format);
void prove(const Edge& edge);
int level_of(const DataFile& file, const Formats& formats);
std::vector<Dependent> dependents(const DataFile& file, const Format& format);
void create(const fs::path& path, const Format& format);
std::uint64_t count_rows(const fs::path& path, const Format& format);
/// Names of the columns of a table; empty if the schema has no such table.
std::vector<std::string> columns_of(const Format& format, const std::string& table);
/// Runs the definition's checks, a comparison of the schema and quick_check on a file made by a load.
void verify_load(const Work& work, const Edge& edge);
Catalogue::Result convert(const Work& work);
/// See Catalogue::carry_over.
Catalogue::Carried carry_over(const DataFile& now, const Format& format, const fs::path& then, const fs::path& older,
                              const Catalogue::RowListener& tell);
/// Shows, on a copy of its schema, that the file can carry a change in place and that it can be taken back.
Catalogue::Result rehearse_in_place(const Work& work);
}  // namespace sqlite_kind

namespace config_kind {
void prove(const Edge& edge);
int level_of(const DataFile& file, const Formats& formats);
/// Nothing if the file says nothing but what this level knows, else what is wrong.
Reasons why_not(const fs::path& path, const Format& format);
void create(const fs::path& path, const Format& format);
/// See Catalogue::carry_over; by key and table of the configuration.
Catalogue::Carried carry_over(const DataFile& now, const Format& format, const fs::path& then,
                              const Catalogue::RowListener& tell);
/// A file of this level with these values; keys without one have their default. Throws Error
/// conversion_failed for a value of the wrong type.
void write_loaded(const Work& work, const Edge& edge, const std::vector<std::pair<std::string, Value>>& values);
Catalogue::Result convert(const Work& work);
}  // namespace config_kind

namespace area_kind {
int level_of(const DataFile& file, const Formats& formats);
void create(const fs::path& path, const Format& format);
Catalogue::Result convert(const Work& work);
}  // namespace area_kind

namespace record_kind {
/// The program of neighbouring steps; a slip is definition_malformed of its conversion.
records::Program compile(const Edges& edges);
void prove(const Edge& edge);
/// How well a content fits a level, from worst to best.
enum class Fits {
  other_length,  // the file is no whole number of such records
  other_text,    // of another code page: a conversion would take it without a word
  unreadable,    // most records looked at have a field that cannot be read; a conversion names each
  disordered,    // the key neither rises nor is unique in the records looked at
  yes
};
struct Fit {
  Fits fits;
  Reasons why;  // it does not fit; of bad records the first, with field, offset and bytes
};
Fit fit_of(const fs::path& path, const Format& format);
std::vector<Dependent> dependents(const DataFile& file);
void create(const fs::path& path);
/// Record steps, at the end perhaps a load.
Catalogue::Result convert(const Work& work);
}  // namespace record_kind

namespace external_kind {
void prove(const Edge& edge);
Catalogue::Result convert(const Work& work);
}  // namespace external_kind

}  // namespace dfi::migrations
