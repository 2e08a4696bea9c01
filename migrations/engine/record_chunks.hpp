// SPDX-License-Identifier: Apache-2.0
// A chunk of records: read, digested and converted by one thread, whatever the others do. Internal to the engine.
#pragma once
#include <string>
#include <vector>

#include "migrations/engine/file_digest.hpp"
#include "migrations/engine/record_pass.hpp"
#include "migrations/engine/unique_keys.hpp"

namespace dfi::migrations {

/// How a file is cut. It depends on the lengths of records alone, so that bytes and digests never depend on threads.
struct ChunkLayout {
  std::uint64_t records = 0;    // of the file
  std::size_t per_chunk = 0;    // a power of two, so that chunks end where checkpoints are due
  std::size_t in = 0, out = 0;  // bytes of a record; out 0: rows

  ChunkLayout(const records::Program& program, std::uint64_t file_bytes);
  std::uint64_t chunks() const { return (records + per_chunk - 1) / per_chunk; }
  std::size_t records_in(std::uint64_t chunk) const;
  std::size_t in_block() const { return per_chunk * in; }
  std::size_t out_block() const { return per_chunk * out; }
};

struct RefusedRecord {
  std::size_t index;  // in the chunk
  records::Fault fault;
};

struct Chunk {
  std::uint64_t first = 0;  // record of the file, from 0 on
  std::size_t count = 0;
  std::string in;             // the records as they are
  std::string out;            // the converted ones, without gaps; its size stays, so that nothing is cleared in vain
  std::size_t out_bytes = 0;  // of `out` that count
  std::vector<std::vector<records::Row>> rows;  // of each record; worthless where it is refused
  std::string in_digest, out_digest;
  std::vector<RefusedRecord> refused;  // in their order
  std::vector<records::KeyRun> keys;   // of ChunkReader's unique steps
  std::vector<records::Total> totals;

  std::string_view converted() const { return {out.data(), out_bytes}; }
  std::string_view record(std::size_t index, std::size_t length) const { return {in.data() + index * length, length}; }
};

class ChunkReader {
 public:
  ChunkReader(const RecordPass& pass, int fd, const ChunkLayout& layout, const Exclusions& excluded);

  /// Steps whose keys are watched, in the order of Chunk::keys.
  const std::vector<std::size_t>& unique_steps() const { return unique_; }
  /// Any thread. `stop_at_refused`: nothing behind the first refused record counts.
  void make(Chunk& chunk, std::uint64_t number, bool stop_at_refused) const;

  /// Pairs of (hash of the key, record) of one step: of all records that come through this step and are not excluded.
  std::vector<PairSorter::Pair> keys(Chunk& chunk, std::uint64_t number, std::size_t step) const;
  /// The key of one record, which has one.
  std::string key(std::uint64_t record, std::size_t step) const;

 private:
  void read(Chunk& chunk, std::uint64_t number) const;
  /// Records `from` to `to` of the chunk.
  void convert(records::Desk& desk, Chunk& chunk, std::size_t from, std::size_t to, bool stop_at_refused) const;

  const RecordPass& pass_;
  int fd_;
  const ChunkLayout& layout_;
  const Exclusions& excluded_;
  std::vector<std::size_t> unique_;
  std::vector<std::size_t> sources_;  // of each of them, the number of the one whose key it has
  std::vector<std::size_t> kept_;     // steps whose keys are made
};

/// Sets offset and length if the record that goes in has a field of the fault's name, so that its bytes can be shown.
void locate_field(const records::Program& program, records::Fault& fault);
/// Why a duplicate is refused.
records::Fault duplicate_fault(const records::Program& program, const Duplicate& duplicate);

}  // namespace dfi::migrations
