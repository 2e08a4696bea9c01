// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <algorithm>
#include <queue>

#include "base/durable.hpp"
#include "base/error.hpp"
#include "migrations/engine/output_file.hpp"
#include "migrations/engine/unique_keys.hpp"

namespace dfi::migrations {
namespace {

constexpr std::size_t pairs_in_memory = 1 << 19;  // 8 MB
constexpr std::size_t merge_buffers = 1 << 19;    // pairs of all runs together
constexpr unsigned step_shift = 56;               // record numbers stay below 2^56

std::string_view bytes_of(const std::vector<PairSorter::Pair>& pairs) {
  return {reinterpret_cast<const char*>(pairs.data()), pairs.size() * sizeof(PairSorter::Pair)};
}

// Without a name from the start, so that no crash leaves one.
Fd nameless_file(const std::filesystem::path& directory) {
  std::string name = (directory / ".keys.XXXXXX").string();
  Fd file(::mkostemp(name.data(), O_CLOEXEC));
  if (!file) throw os_error("create", name);
  if (::unlink(name.c_str()) != 0) throw os_error("remove", name);
  return file;
}

}  // namespace

PairSorter::PairSorter(std::filesystem::path directory) : directory_(std::move(directory)) {}

void PairSorter::add(Pair pair) {
  if (memory_.size() == pairs_in_memory) spill();
  memory_.push_back(pair);
}

void PairSorter::spill() {
  std::sort(memory_.begin(), memory_.end());
  if (!file_) file_ = nameless_file(directory_);
  std::uint64_t start = runs_.empty() ? 0 : runs_.back().end;
  write_at(file_.get(), directory_, start * sizeof(Pair), bytes_of(memory_));
  runs_.push_back({start, start + memory_.size(), {}, 0});
  memory_.clear();
}

bool PairSorter::refill(Run& run) const {
  auto most = std::max<std::uint64_t>(64, merge_buffers / runs_.size());
  run.buffer.resize(std::min(most, run.end - run.next));
  run.at = 0;
  read_at(file_.get(), directory_, run.next * sizeof(Pair), reinterpret_cast<char*>(run.buffer.data()),
          run.buffer.size() * sizeof(Pair));
  run.next += run.buffer.size();
  return !run.buffer.empty();
}

void PairSorter::each(const std::function<void(Pair)>& take) {
  if (runs_.empty()) {
    std::sort(memory_.begin(), memory_.end());
    for (const auto& pair : memory_) take(pair);
    return;
  }
  spill();
  memory_ = {};
  using Head = std::pair<Pair, std::size_t>;  // pair, run
  std::priority_queue<Head, std::vector<Head>, std::greater<>> heads;
  auto push_next = [&](std::size_t index) {
    auto& run = runs_[index];
    if (run.at < run.buffer.size() || refill(run)) heads.push({run.buffer[run.at++], index});
  };
  for (std::size_t i = 0; i < runs_.size(); ++i) push_next(i);
  while (!heads.empty()) {
    auto [pair, index] = heads.top();
    heads.pop();
    push_next(index);
    take(pair);
  }
}

PairSorter::Pair Exclusions::pair_of(const Duplicate& duplicate) {
  return {duplicate.record, (std::uint64_t{duplicate.step} << step_shift) | duplicate.first};
}

void Exclusions::open() {
  file_ = Fd(::open(path_.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file_) throw os_error("open", path_);
}

void Exclusions::add(PairSorter& sorter) {
  for (std::uint64_t i = 0; i < count_; ++i) sorter.add(pair_of(read(i)));
  // Killed on the way, it belongs to no checkpoint and is thrown away.
  OutputFile file(path_, pairs_in_memory);
  file.start_anew();
  std::vector<PairSorter::Pair> buffer;
  count_ = 0;
  auto flush = [&] {
    file.append(bytes_of(buffer));
    buffer.clear();
  };
  sorter.each([&](PairSorter::Pair pair) {
    buffer.push_back(pair);
    ++count_;
    if (buffer.size() == 1 << 12) flush();
  });
  flush();
  file.sync();
  digest_ = file.digest().text();
  open();
}

void Exclusions::start_anew() {
  file_.reset();
  count_ = 0;
  if (std::filesystem::exists(std::filesystem::symlink_status(path_))) durable::remove(path_);
}

Json Exclusions::state() const {
  if (count_ == 0) return nullptr;
  return {{"count", count_}, {"digest", digest_}};
}

bool Exclusions::go_on(const Json& state) {
  if (state.is_null()) {
    start_anew();
    return true;
  }
  digest_ = state.at("digest").get<std::string>();
  if (!std::filesystem::exists(path_) || !has_digest(path_, digest_, 1)) return false;
  count_ = state.at("count").get<std::uint64_t>();
  open();
  return true;
}

Duplicate Exclusions::read(std::uint64_t index) const {
  PairSorter::Pair pair;
  read_at(file_.get(), path_, index * sizeof pair, reinterpret_cast<char*>(&pair), sizeof pair);
  return {pair.first, pair.second & ((std::uint64_t{1} << step_shift) - 1), pair.second >> step_shift};
}

std::vector<Duplicate> Exclusions::among(std::uint64_t first, std::uint64_t count) const {
  std::uint64_t low = 0, high = count_;
  while (low < high) {
    auto middle = low + (high - low) / 2;
    if (read(middle).record < first)
      low = middle + 1;
    else
      high = middle;
  }
  std::vector<Duplicate> found;
  for (; low < count_; ++low) {
    auto duplicate = read(low);
    if (duplicate.record >= first + count) break;
    found.push_back(duplicate);
  }
  return found;
}

}  // namespace dfi::migrations
