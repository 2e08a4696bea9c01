// SPDX-License-Identifier: Apache-2.0
// Whether the keys that a conversion declares as unique are. Keys that only rise need no memory; others are sorted
// outside of it: pairs of (hash, record), where equal hashes are settled by the keys themselves. The first record with
// a key keeps it; a later one is its duplicate. Internal to the engine.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.hpp"
#include "base/json.hpp"
#include "migrations/records/program.hpp"

namespace dfi::migrations {

/// Keys of one step from record to record, as a checkpoint keeps them.
Json state_of(const records::KeyRun& run);
records::KeyRun key_run_of(const Json& state);

/// Steps of a program whose keys must be unique: declared, and no field of the key allows duplicates.
std::vector<std::size_t> steps_with_unique_keys(const records::Program& program);

/// Sorts pairs by first, then second; memory is bounded, the rest lies in a file without a name in `directory`.
class PairSorter {
 public:
  using Pair = std::pair<std::uint64_t, std::uint64_t>;
  explicit PairSorter(std::filesystem::path directory);
  void add(Pair pair);
  /// All pairs in their order, once.
  void each(const std::function<void(Pair)>& take);

 private:
  struct Run {
    std::uint64_t next, end;  // pairs in the file
    std::vector<Pair> buffer;
    std::size_t at = 0;
  };
  void spill();
  bool refill(Run& run) const;

  std::filesystem::path directory_;
  Fd file_;
  std::vector<Pair> memory_;
  std::vector<Run> runs_;
};

/// A record that is left out because it repeats the key of another one.
struct Duplicate {
  std::uint64_t record = 0;  // from 0 on
  std::uint64_t first = 0;   // the one that keeps the key
  std::size_t step = 0;
};

/// The duplicates of a pass, in the order of records, in a file: any number of them in little memory.
class Exclusions {
 public:
  explicit Exclusions(std::filesystem::path path) : path_(std::move(path)) {}
  /// Adds the duplicates that the sorter holds as pair_of() makes them; durable on return.
  void add(PairSorter& sorter);
  static PairSorter::Pair pair_of(const Duplicate& duplicate);
  void start_anew();
  bool go_on(const Json& state);
  Json state() const;

  /// Those among `count` records from `first` on. Any thread.
  std::vector<Duplicate> among(std::uint64_t first, std::uint64_t count) const;

 private:
  Duplicate read(std::uint64_t index) const;
  void open();

  std::filesystem::path path_;
  Fd file_;
  std::uint64_t count_ = 0;
  std::string digest_;
};

}  // namespace dfi::migrations
