// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/record_chunks.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "messages/record_pass.hpp"

namespace dfi::migrations {
namespace {

constexpr std::size_t most_bytes = 2'500'000;  // of a chunk, input and output together
// Bounds what refused records take, and keeps most chunks in a cache from reading to writing.
constexpr std::size_t most_records = 1024;
constexpr std::size_t most_row_bytes = 250'000;  // rows take many times the bytes of their record
constexpr std::size_t most_row_records = 1024;

bool passed(const records::Desk& desk, bool converted, std::size_t step) {
  // A record that fails in a later step has come through this one, as in a pass for each step.
  return converted || desk.fault().step > step;
}

}  // namespace

ChunkLayout::ChunkLayout(const records::Program& program, std::uint64_t file_bytes)
    : records(file_bytes / program.input_length()), in(program.input_length()), out(program.output_length()) {
  per_chunk = out ? most_records : most_row_records;
  while (per_chunk > 1 && per_chunk * (in + out) > (out ? most_bytes : most_row_bytes)) per_chunk /= 2;
}

std::size_t ChunkLayout::records_in(std::uint64_t chunk) const {
  return std::min<std::uint64_t>(per_chunk, records - chunk * per_chunk);
}

ChunkReader::ChunkReader(const RecordPass& pass, int fd, const ChunkLayout& layout, const Exclusions& excluded)
    : pass_(pass), fd_(fd), layout_(layout), excluded_(excluded), unique_(steps_with_unique_keys(pass.program)) {
  for (std::size_t k = 0; k < unique_.size(); ++k) {
    const auto source = std::find(unique_.begin(), unique_.end(), pass.program.key_source(unique_[k]));
    sources_.push_back(source == unique_.end() ? k : static_cast<std::size_t>(source - unique_.begin()));
    if (sources_[k] == k) kept_.push_back(unique_[k]);
  }
}

void ChunkReader::read(Chunk& chunk, std::uint64_t number) const {
  chunk.first = number * layout_.per_chunk;
  chunk.count = layout_.records_in(number);
  chunk.in.resize(chunk.count * layout_.in);
  read_at(fd_, pass_.input, chunk.first * layout_.in, chunk.in.data(), chunk.in.size());
}

void ChunkReader::convert(records::Desk& desk, Chunk& chunk, std::size_t from, std::size_t to,
                          bool stop_at_refused) const {
  bool goes_on = true;
  const auto refuse = [&](std::size_t index) {
    chunk.refused.push_back({from + index, desk.fault()});
    return goes_on = !stop_at_refused;
  };
  const auto* const in = chunk.in.data() + from * layout_.in;
  if (layout_.out) {
    auto* const out = chunk.out.data() + chunk.out_bytes;
    chunk.out_bytes += layout_.out * pass_.program.convert(desk, in, to - from, out, refuse);
    return;
  }
  for (std::size_t i = 0; from + i < to && goes_on; ++i)
    if (!pass_.program.convert(desk, in + i * layout_.in, chunk.rows[from + i])) refuse(i);
}

void ChunkReader::make(Chunk& chunk, std::uint64_t number, bool stop_at_refused) const {
  read(chunk, number);
  chunk.in_digest = block_digest(chunk.in);
  chunk.out.resize(layout_.out_block());
  chunk.out_bytes = 0;
  if (pass_.program.makes_rows()) chunk.rows.resize(chunk.count);
  chunk.refused.clear();
  // A desk of its own for each chunk: its totals are those of this chunk, whoever made the ones before.
  records::Desk desk(pass_.program);
  desk.keep_keys(kept_);
  std::size_t begin = 0;
  // Duplicates are excluded only where a refused record stops nothing.
  for (const auto& duplicate : excluded_.among(chunk.first, chunk.count)) {
    const auto index = duplicate.record - chunk.first;
    convert(desk, chunk, begin, index, stop_at_refused);
    chunk.refused.push_back({index, duplicate_fault(pass_.program, duplicate)});
    begin = index + 1;
  }
  convert(desk, chunk, begin, chunk.count, stop_at_refused);
  // The records of a later step are among those of an earlier one: where its keys rise, the same keys do.
  chunk.keys.clear();
  for (const auto source : sources_) chunk.keys.push_back(desk.key_run(unique_[source]));
  chunk.totals = desk.totals();
  if (layout_.out) chunk.out_digest = block_digest(chunk.converted());
}

std::vector<PairSorter::Pair> ChunkReader::keys(Chunk& chunk, std::uint64_t number, std::size_t step) const {
  read(chunk, number);
  chunk.out.resize(layout_.out);
  std::vector<records::Row> rows;
  records::Desk desk(pass_.program);
  desk.keep_keys({step});
  auto excluded = excluded_.among(chunk.first, chunk.count);
  auto next = excluded.begin();
  std::vector<PairSorter::Pair> pairs;
  for (std::size_t i = 0; i < chunk.count; ++i) {
    if (next != excluded.end() && next->record == chunk.first + i) {
      ++next;
      continue;
    }
    const char* in = chunk.in.data() + i * layout_.in;
    bool converted =
        layout_.out ? pass_.program.convert(desk, in, chunk.out.data()) : pass_.program.convert(desk, in, rows);
    if (passed(desk, converted, step)) pairs.push_back({hash64(desk.key(step)), chunk.first + i});
  }
  return pairs;
}

std::string ChunkReader::key(std::uint64_t record, std::size_t step) const {
  std::string in(layout_.in, '\0'), out(layout_.out, '\0');
  read_at(fd_, pass_.input, record * layout_.in, in.data(), in.size());
  records::Desk desk(pass_.program);
  std::vector<records::Row> rows;
  if (layout_.out)
    pass_.program.convert(desk, in.data(), out.data());
  else
    pass_.program.convert(desk, in.data(), rows);
  return std::string(desk.key(step));
}

void locate_field(const records::Program& program, records::Fault& fault) {
  const auto* field = program.steps().front().from->find(fault.field);
  if (!field) return;
  fault.offset = field->offset;
  fault.length = field->length;
}

records::Fault duplicate_fault(const records::Program& program, const Duplicate& duplicate) {
  const auto& step = program.steps()[duplicate.step];
  records::Fault fault;
  fault.kind = records::FaultKind::duplicate_key;
  fault.step = duplicate.step;
  fault.field = fmt::format("{}", fmt::join(step.unique, ", "));
  locate_field(program, fault);
  fault.reason = {msg::key_repeated, {{"key", fault.field}, {"first", std::to_string(duplicate.first + 1)}}};
  return fault;
}

}  // namespace dfi::migrations
