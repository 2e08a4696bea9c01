// SPDX-License-Identifier: Apache-2.0
// What becomes of records that cannot be converted: the error that names the first one, or the file of rejects with a
// line of JSON for each, up to a limit. Internal to the engine.
#pragma once
#include <string_view>

#include "migrations/engine/output_file.hpp"
#include "migrations/engine/record_origin.hpp"

namespace dfi::migrations {

/// Where a pass is, for its messages.
struct PassPlace {
  std::uint64_t records = 0;  // of the file
  std::uint64_t converted = 0;
  std::uint64_t checkpoint = 0;  // records before the last one
};

class Rejects {
 public:
  Rejects(const RecordPass& pass, const Policy& policy, Supervisor& supervisor);

  /// Whether what this step refuses ends the pass.
  bool aborts(std::size_t step) const { return steps_[step].aborts; }
  bool always_aborts() const;
  /// `number` from 0 on. Aborting: throws record_refused. Else writes the record and tells the Supervisor; throws
  /// too_many_rejects over the limit.
  void refuse(std::uint64_t number, std::string_view record, const records::Fault& fault, const PassPlace& place);
  std::uint64_t count() const { return count_; }
  /// Records (from 0 on, rising) that the table refused, not the conversion.
  std::vector<std::uint64_t> refused_by_table() const;

  void start_anew();
  /// As OutputFile. False also if the rules of now do not allow what was rejected until there: a pass from the start
  /// names it.
  bool go_on(const Json& state, Proofs& proofs);
  void sync();
  Json state() const;

 private:
  [[noreturn]] void abort(const ToldRecord& told, const PassPlace& place) const;
  std::string line(std::uint64_t number, std::string_view record, const records::Fault& fault,
                   const ToldRecord& told) const;
  void check_limits(std::size_t step, const PassPlace& place) const;
  bool over_whole_limit(std::uint64_t records) const;
  [[noreturn]] void give_up(std::size_t step, std::uint64_t rejected, std::uint64_t records, const RejectLimit& limit,
                            const PassPlace& place) const;

  const RecordPass& pass_;
  Supervisor& supervisor_;
  struct OfStep {
    bool aborts;
    std::optional<RejectLimit> limit;  // of the definition; none: the operator's counts
    std::uint64_t count = 0;
  };
  std::vector<OfStep> steps_;
  std::optional<RejectLimit> whole_limit_;  // of the operator: over all conversions of the file
  RecordOrigin origin_;
  std::uint64_t count_ = 0;
  OutputFile records_, lines_;
};

}  // namespace dfi::migrations
