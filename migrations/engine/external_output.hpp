// SPDX-License-Identifier: Apache-2.0
// The two ends of an external conversion: an input that nobody changes, an output that is proven. Internal to the
// engine.
#pragma once
#include <optional>

#include "migrations/engine/background_digest.hpp"
#include "migrations/engine/dependents.hpp"
#include "migrations/engine/kinds.hpp"

namespace dfi::migrations::external_kind {

/// The input while the program works. A SQLite file is complete alone and locked against writers.
class StillInput {
 public:
  explicit StillInput(const Work& work);
  /// Whether it still is what it was, and at its place.
  bool unchanged();
  const std::string& digest() const { return before_; }
  const Foreign& foreign() const { return foreign_; }
  const std::string& journal_mode() const { return journal_mode_; }
  std::uint64_t rows() const { return rows_; }

 private:
  Pace pace_;
  BackgroundDigest digest_;  // opened before the lock, closed after it
  std::optional<HeldFile> held_;
  Foreign foreign_;
  std::string before_, journal_mode_;
  std::uint64_t rows_ = 0;
};

/// Proves what the program made, puts the users' work on a database back, syncs. What is wrong, or nothing; also throws
/// dependent_failed.
Reasons finish_output(const Work& work, const StillInput& input, Catalogue::Result& result);

}  // namespace dfi::migrations::external_kind
