// SPDX-License-Identifier: Apache-2.0
// Preconditions of a change. Every check returns findings; one finding type feeds screen, JSON, plan and the runs.
// One check per file. Nothing here changes anything.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/message.hpp"
#include "core/generation.hpp"
#include "core/layout.hpp"
#include "core/manifest.hpp"
#include "migrations/engine/engine.hpp"
#include "system/system.hpp"

namespace dfi {

class Journal;

enum class Severity { note, warning, blocker };

struct Finding {
  Severity severity;
  Message message;
  Json details = Json::object();  // facts for machines
};
using Findings = std::vector<Finding>;

/// What the operator said about the conversions (--dependents, --on-error, --max-rejects, --no-fuse, --level); kept
/// with the run. An empty text: not said.
struct ConversionChoices {
  std::string dependents, on_error, max_rejects;
  bool fuse = true;
  std::map<std::string, int> levels;  // by data file

  migrations::Policy policy() const;
  Json to_json() const;
  static ConversionChoices from_json(const Json& json);
  /// What a run was told at its begin (its inputs) and by later commands; `said` (as to_json() makes it) counts before
  /// both.
  static ConversionChoices of_run(const Json& inputs, const std::optional<Json>& later,
                                  const Json& said = Json::object());
};

/// One data file on the way to a release.
struct DataFilePlan {
  DataFileSpec target;
  migrations::DataFile file;
  bool exists = false;
  int level = 0;  // found on disk
  migrations::Route route;
  std::vector<migrations::Step> steps;  // of the route
  std::uintmax_t bytes = 0;
  std::vector<migrations::Dependent> dependents;
  migrations::Estimate estimate;                      // if there is something to do
  bool rehearsed = false;                             // the estimate rests on a rehearsal of these definitions
  std::optional<migrations::InPlaceChange> in_place;  // made on the file itself at the pivot
  std::uintmax_t there = 0;                           // bytes of its shadow that an earlier try has written

  bool converts() const { return exists && !steps.empty(); }
};

migrations::DataFile to_engine(const Layout& layout, const DataFileSpec& file);
/// Levels, paths, needs and dependents of every data file of `target`. A level is that of --level, else that of the
/// installed release, else told by the content. Throws what the catalogue throws (level_unknown, no_path), and
/// level_file_unknown for a --level of no data file.
std::vector<DataFilePlan> plan_data_files(const Layout& layout, const Manifest& target,
                                          const migrations::Catalogue& catalogue,
                                          const std::optional<Generation>& installed,
                                          const ConversionChoices& choices = {});
/// Sizes as the last rehearsal by the same definitions measured them: exact if the file is what it was then, else in
/// proportion. Nothing if there is none, or nothing to make better.
void use_rehearsal(const Journal& journal, const migrations::Catalogue& catalogue, DataFilePlan& plan);
/// "CVTKA2+CVTKA3, CVTKA4": steps of one pass are joined by +.
std::string route_text(const migrations::Route& route);
/// "records+load": how the passes work.
std::string route_kinds(const migrations::Route& route);

/// How long the product would be closed, by this host's own last rates where it has some.
struct Prediction {
  double backup = 0, drill = 0, restart = 0;
  std::map<std::string, double> conversions;  // seconds by data file
  bool measured = true;                       // every part of it by rates of this host

  double converting() const;
  double seconds() const { return backup + drill + converting() + restart; }
};
Prediction predict_downtime(const Layout& layout, const std::vector<DataFilePlan>& files);

/// What stands in the way of a conversion as the data are.
struct Found {
  std::uint64_t records = 0;  // refused by their content
  std::uint64_t rows = 0;     // brought up by a check
  std::uint64_t objects = 0;  // of users, that cannot be re-created
  std::uint64_t files = 0;    // that cannot be converted for another reason

  void count(const migrations::Refusal& refusal);
  void add(const Found& more);
  std::uint64_t total() const { return records + rows + objects + files; }
  /// What it means, and the way out of each; only if there is something.
  Message verdict() const;
  Json to_json() const;
  static Found from_json(const Json& json);
};

/// One data file converted on a private copy while the product works: what the real conversion would say.
struct Trial {
  std::string file, conversions, kinds;
  migrations::Catalogue::Result result;
  Found found;                 // who listens is told each record, row and object
  std::optional<Error> error;  // what the conversion would stop at beside these
  double seconds = 0;          // of the conversion alone
  std::uintmax_t bytes = 0;    // of the file
  std::uintmax_t space = 0;    // the most that was seen beside it, what is sorted on disk included
  Json state;                  // of the file (file_state); null if somebody wrote to it while it was copied
  std::string definitions;     // digest of what would work on it

  Json to_json(Language language) const;
};
/// Of message trial_file.
Args trial_args(const Trial& trial);
/// Its reason in this language.
Json to_json(const migrations::Refusal& refusal, Language language);
/// What people are told of it, a line each: of a record where it is and why; of a row that a check brings up, or of a
/// user's object, what it is.
std::vector<Message> lines_of(const migrations::Refusal& refusal);
/// Told while a trial goes on. There may be as many refusals as records: nothing here keeps them.
struct TrialListener {
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;
  std::function<void(const migrations::Refusal&)> refused;
};
/// Copies the file into `directory` (its own, empty) and converts the copy; every bad record is told. Leaves both
/// there. Throws Error interrupted, and what a full disk throws.
Trial try_conversion(const migrations::Catalogue& catalogue, const DataFilePlan& plan, const fs::path& directory,
                     migrations::Policy policy, const TrialListener& listener);

namespace checks {

/// Features 53, 54, 73: only an older version is updated; the same one is told that only TMSHOTPTF is needed.
Findings version_path(const std::optional<Generation>& installed, const Manifest& target);
/// Features 76, 77, 81, 90, 91: holders of product and data. Own services which dfinstall stops itself are notes.
Findings active(const Layout& layout, const ProductSpec& spec, ServiceManager& services);
/// Who holds this one data file (by its name) or object of the tree (by its file name): a row for each process, own
/// services too.
Findings locks(const Layout& layout, const ProductSpec& spec, ServiceManager& services, const std::string& object);
/// A process that keeps the product from being exclusive, by its strongest reason.
struct Job {
  enum class Kind {
    service,  // of the product, ended through its manager
    product,  // runs an object of the product or bears the name of a job of it, and nobody sits before it
    person,   // has a terminal
    stranger  // an editor, a backup program: has a file open, or works in the tree
  };
  Holder holder;
  Kind kind;
  bool blocks;  // an update would not begin
};
/// Features 83, 84: one row for each process that holds the product, for `endjobs`.
std::vector<Job> jobs(const Layout& layout, const ProductSpec& spec, ServiceManager& services);
/// Features 67, 71: files in the product tree that were never delivered, and delivered ones that were changed.
Findings foreign_objects(const Layout& layout, const Generation& installed);
/// Features 70, 71: views, indexes and triggers users put on data files that will be converted, further names of record
/// files. With --dependents=abort they block.
Findings dependents(const std::vector<DataFilePlan>& files, const ConversionChoices& choices = {});
/// Feature 66: real sizes against free space, per file system.
struct SpaceNeed {
  fs::path mount_point;
  std::uintmax_t needed, free_bytes;
};
/// What is still to be made of the installed product and its data before they are touched.
enum class Saving { nothing, backup, backup_and_drill };
std::vector<SpaceNeed> space_needs(const Layout& layout, const Manifest* target, const std::vector<DataFilePlan>& files,
                                   Saving saving = Saving::backup);
/// Of a backup with files of so many bytes, restored on trial.
std::vector<SpaceNeed> drill_space_needs(const fs::path& scratch, std::uintmax_t bytes);
/// Of private copies of these files below `directory`, and of what they become.
std::vector<SpaceNeed> trial_space_needs(const fs::path& directory, const std::vector<DataFilePlan>& files);
Findings space(const std::vector<SpaceNeed>& needs);

}  // namespace checks

bool blocks(const Findings& findings);
/// Throws the first blocker as an Error with its exit code, if there is one.
void throw_first_blocker(const Findings& findings);
Json to_json(const Findings& findings, Language language);

}  // namespace dfi
