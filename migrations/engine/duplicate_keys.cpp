// SPDX-License-Identifier: Apache-2.0
// Duplicates among keys that do not rise: found after the pass, left out by doing the pass again without them, so that
// fused steps and a pass for each step end with the same records.
#include <algorithm>
#include <limits>

#include "migrations/engine/in_order.hpp"
#include "migrations/engine/record_run.hpp"

namespace dfi::migrations {
namespace {

/// Turns keys in the order of their hashes into duplicates: equal hashes are a suspicion, equal keys are the proof.
class DuplicateFinder {
 public:
  using Take = std::function<void(const Duplicate&)>;
  DuplicateFinder(const ChunkReader& reader, std::size_t step, Take take)
      : reader_(reader), step_(step), take_(std::move(take)) {}

  void add(PairSorter::Pair pair) {
    auto [hash, record] = pair;
    if (!any_ || hash != hash_) {
      any_ = true;
      hash_ = hash;
      first_ = record;
      keys_.clear();
      return;
    }
    if (keys_.empty()) keys_.emplace_back(reader_.key(first_, step_), first_);
    auto key = reader_.key(record, step_);
    auto known = std::find_if(keys_.begin(), keys_.end(), [&](const auto& entry) { return entry.first == key; });
    if (known == keys_.end())
      keys_.emplace_back(std::move(key), record);
    else
      take_({record, known->second, step_});
  }

 private:
  const ChunkReader& reader_;
  std::size_t step_;
  Take take_;
  bool any_ = false;
  std::uint64_t hash_ = 0, first_ = 0;
  std::vector<std::pair<std::string, std::uint64_t>> keys_;  // different keys of this hash, with their first records
};

}  // namespace

bool RecordRun::exclude_duplicates() {
  // Without those of the last round there are none, except in a table: its constraints may let others through then.
  if (round_ > 0 && !pass_.program.makes_rows()) return false;
  bool found = false;
  for (std::size_t k = 0; k < keys_.size(); ++k)
    if (!keys_[k].rising && exclude_duplicates_of(reader_.unique_steps()[k])) found = true;
  return found;
}

void RecordRun::sort_keys(std::size_t step, PairSorter& keys) {
  // A row that its table refused keeps no key. Records of earlier steps do, as in a pass for each step.
  std::vector<std::uint64_t> without;
  if (pass_.program.makes_rows() && step + 1 == pass_.program.steps().size()) without = rejects_.refused_by_table();
  InOrder job;
  job.end = layout_.chunks();
  job.threads = threads_;
  job.slots = slots_for(threads_);
  std::vector<Chunk> chunks(job.slots);
  std::vector<std::vector<PairSorter::Pair>> pairs(job.slots);
  job.work = [&](unsigned slot, std::uint64_t number) { pairs[slot] = reader_.keys(chunks[slot], number, step); };
  job.take = [&](unsigned slot, std::uint64_t) {
    for (const auto& pair : pairs[slot])
      if (!std::binary_search(without.begin(), without.end(), pair.second)) keys.add(pair);
    supervisor_.progress(input_.bytes, input_.bytes, rejects_.count());
  };
  run_in_order(job);
}

bool RecordRun::exclude_duplicates_of(std::size_t step) {
  auto directory = pass_.output.parent_path();
  PairSorter keys(directory), duplicates(directory);
  sort_keys(step, keys);
  Duplicate lowest{std::numeric_limits<std::uint64_t>::max(), 0, step};
  std::uint64_t count = 0;
  DuplicateFinder finder(reader_, step, [&](const Duplicate& duplicate) {
    ++count;
    if (duplicate.record < lowest.record) lowest = duplicate;
    if (!rejects_.aborts(step)) duplicates.add(Exclusions::pair_of(duplicate));
  });
  keys.each([&](PairSorter::Pair pair) { finder.add(pair); });
  if (count == 0) return false;
  if (rejects_.aborts(step)) {
    std::string record(layout_.in, '\0');
    read_at(input_.fd.get(), pass_.input, lowest.record * layout_.in, record.data(), record.size());
    rejects_.refuse(lowest.record, record, duplicate_fault(pass_.program, lowest), place(written_));
  }
  excluded_.add(duplicates);
  return true;
}

}  // namespace dfi::migrations
