// SPDX-License-Identifier: Apache-2.0
// What both passes over a record file have in common: chunks in their order, refused records, checkpoints and going on
// at them, control totals, unique keys. Where the records go to is a Shadow. Internal to the engine.
#pragma once
#include <functional>
#include <optional>

#include "migrations/engine/record_chunks.hpp"
#include "migrations/engine/record_rejects.hpp"

namespace dfi::migrations {

/// Where converted records go to.
class Shadow {
 public:
  using Refuse = std::function<void(std::size_t index, const records::Fault& fault)>;
  virtual ~Shadow() = default;
  virtual void start_anew() = 0;
  /// The state to go on at: `checkpoint`, or that of a later commit that the Supervisor never heard of. Nothing if what
  /// lies there is not what a checkpoint says. What takes long to prove it leaves to `proofs`.
  virtual std::optional<Json> go_on(const Json& checkpoint, Proofs& proofs) = 0;
  /// Takes a chunk's records in their order, `refuse` those that cannot go on. Returns how many it took.
  virtual std::uint64_t take(Chunk& chunk, const Refuse& refuse) = 0;
  /// Bytes so far, as far as they make a checkpoint due.
  virtual std::uint64_t bytes() const = 0;
  /// Makes all that was taken durable together with the state, which it may add to (key "shadow"). It may only begin
  /// with that, so that the next chunks need not wait for the disk: settled() tells when it is done.
  virtual void checkpoint(Json& state) = 0;
  /// Whether the last checkpoint is durable; `wait` until it is. Throws what went wrong.
  virtual bool settled(bool /*wait*/) { return true; }
  /// Completes and syncs. Returns the digest.
  virtual std::string finish() = 0;
};

class RecordRun {
 public:
  RecordRun(const RecordPass& pass, const Policy& policy, Supervisor& supervisor);
  RecordPassResult run(Shadow& shadow);
  /// Whether what a checkpoint spoke of is known to be there. False only after run() threw.
  bool proven() const { return proven_; }

 private:
  struct Refuted {};
  struct Input {
    Fd fd;
    std::uint64_t bytes = 0;
  };
  static Input open(const RecordPass& pass);

  void begin_first_round(Shadow& shadow);
  void start_anew(Shadow& shadow);
  bool go_on(Shadow& shadow, const Json& checkpoint);
  bool restore(const Json& state);
  /// False if it isn't known within `wait`; throws Refuted if what the checkpoint speaks of is not there.
  bool look_at_proof(std::chrono::milliseconds wait);
  /// Until it is known. Throws Refuted, and what the Supervisor throws.
  void await_proof();
  void tell_progress();
  void convert_rest(Shadow& shadow);
  void take(Shadow& shadow, Chunk& chunk);
  void refuse(Chunk& chunk, std::size_t index, const records::Fault& fault);
  void checkpoint(Shadow& shadow);
  /// Hands the Supervisor the last checkpoint once it is durable; `wait` until it is.
  void settle(Shadow& shadow, bool wait);
  void settle_quietly(Shadow& shadow) noexcept;
  Json state() const;
  void take_back_totals(std::string_view record);
  std::vector<Catalogue::Total> proven_totals() const;

  /// True if there are new duplicates, which then are excluded; throws if they may not be.
  bool exclude_duplicates();
  bool exclude_duplicates_of(std::size_t step);
  void sort_keys(std::size_t step, PairSorter& keys);
  PassPlace place(std::uint64_t converted) const { return {layout_.records, converted, checkpoint_at_}; }

  const RecordPass& pass_;
  Supervisor& supervisor_;
  unsigned threads_;
  Input input_;
  ChunkLayout layout_;
  Exclusions excluded_;
  ChunkReader reader_;
  Rejects rejects_;

  std::uint64_t read_ = 0, written_ = 0, went_on_at_ = 0;
  std::uint64_t checkpoint_at_ = 0, checkpoint_bytes_ = 0;  // records read and bytes written at the last one
  std::optional<Json> pending_;                             // a checkpoint that is not yet known to be durable
  std::string first_digest_;  // of the input as the first round read it; empty in that round
  unsigned round_ = 0;        // how often duplicates made the pass begin again
  FileDigest input_digest_;
  std::vector<records::KeyRun> keys_;
  std::optional<records::Desk> totals_;
  bool proven_ = true;
  Proofs proofs_;  // of what was done before; last, since it reads the files of the others
};

}  // namespace dfi::migrations
