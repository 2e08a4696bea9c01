// SPDX-License-Identifier: Apache-2.0
// What the steps around conversions share: what the operator chose, what is to be done, what is finished; the run as
// the engine's Supervisor.
#pragma once
#include <vector>

#include "steps/support.hpp"

namespace dfi::steps {

/// What the command line said when the run began, and what a later `resume` said instead.
ConversionChoices choices_of(const Run& run);
/// Definitions of the installed release.
migrations::Catalogue installed_catalogue(const Run& run);
/// Every data file of the product this run brings.
std::vector<DataFilePlan> planned_files(const Run& run, const migrations::Catalogue& catalogue);
/// Its conversion has ended well; it is not done again.
bool is_finished(const Run& run, const std::string& file);
/// Those for which something is still to be done.
std::vector<DataFilePlan> unfinished(const Run& run, const std::vector<DataFilePlan>& plans);
/// Throws shadow_changed if input or result of a finished file is not what it was. Owner, mode and attributes that the
/// input was given since are taken along.
void recheck_finished(const Run& run, const std::string& file);

/// Programs of conversions that are left of a dfinstall which was killed: nobody may write where we go on or clean up.
void end_programs(Run& run);

/// Further names of a record file, which activate points at the new records; of a file that becomes a database none:
/// two names of one database have two journals.
void note_other_names(Run& run, const DataFilePlan& plan);

/// Bytes of all files of a step, for the one bar a person sees.
struct Stretch {
  std::uint64_t before = 0, own = 0, all = 0;
};

/// Checkpoints are notes of the run, so they are durable and found by the next process. Progress goes to the terminal,
/// and into the journal at most once a second, where `status` finds it. A signal ends the conversion inside the file.
class RunSupervisor : public migrations::Supervisor {
 public:
  RunSupervisor(Run& run, const DataFilePlan& plan, Stretch stretch);
  void progress(std::uint64_t done, std::uint64_t total, std::uint64_t rejected) override;
  std::optional<Json> checkpoint() override;
  void save_checkpoint(const Json& checkpoint) override;
  /// The conversion stops by an error, which is the one to tell: notes for `status` how far it came, if it can.
  void stopped() noexcept;

 private:
  void note_progress();
  Run& run_;
  std::string file_;
  std::uint64_t records_;
  Stretch stretch_;
  std::int64_t begun_, noted_;
  std::uint64_t done_ = 0, total_, rejected_ = 0;  // bytes of input, and records
};

}  // namespace dfi::steps
