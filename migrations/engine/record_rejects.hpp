// SPDX-License-Identifier: Apache-2.0
// What becomes of records that cannot be converted: the error that names the first one, or the file of rejects with a
// line of JSON for each, up to a limit. Internal to the engine.
#pragma once
#include <string_view>

#include "migrations/engine/output_file.hpp"
#include "migrations/engine/record_pass.hpp"

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

  bool aborts() const { return aborts_; }
  /// `number` from 0 on. Aborting: throws record_refused. Else writes the record and tells the Supervisor, except what
  /// it was told before (`told`); throws too_many_rejects over the limit.
  void refuse(std::uint64_t number, std::string_view record, const records::Fault& fault, const PassPlace& place,
              bool told);
  std::uint64_t count() const { return count_; }
  /// Records (from 0 on, rising) that the table refused, not the conversion.
  std::vector<std::uint64_t> refused_by_table() const;

  void start_anew();
  bool go_on(const Json& state, unsigned threads);
  void sync();
  Json state() const;

 private:
  [[noreturn]] void abort(std::uint64_t number, std::string_view record, const records::Fault& fault,
                          const PassPlace& place) const;
  std::string line(std::uint64_t number, std::string_view record, const records::Fault& fault) const;
  void check_limit(const PassPlace& place) const;

  const RecordPass& pass_;
  Supervisor& supervisor_;
  bool aborts_;
  std::optional<RejectLimit> limit_;
  std::uint64_t count_ = 0;
  OutputFile records_, lines_;
};

}  // namespace dfi::migrations
