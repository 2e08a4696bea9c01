// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/record_pass.hpp"

#include <chrono>
#include <future>

#include "migrations/engine/last_round.hpp"
#include "migrations/engine/output_file.hpp"

namespace dfi::migrations {
namespace {

/// A record file, written from front to back.
class RecordShadow : public Shadow {
 public:
  explicit RecordShadow(const RecordPass& pass) : output_(pass.output, ChunkLayout(pass.program, 0).out_block()) {}

  void start_anew() override {
    sync_ = {};  // waits for its end
    output_.start_anew();
    output_.create();
  }

  std::optional<Json> go_on(const Json& checkpoint, Proofs& proofs) override {
    if (!output_.go_on(checkpoint.at("shadow"), proofs)) return std::nullopt;
    return checkpoint;
  }

  std::uint64_t take(Chunk& chunk, const Refuse& refuse) override {
    for (const auto& refused : chunk.refused) refuse(refused.index, refused.fault);
    output_.append(chunk.converted(), chunk.out_digest);
    return chunk.count - chunk.refused.size();
  }

  std::uint64_t bytes() const override { return output_.bytes(); }

  void checkpoint(Json& state) override {
    state["shadow"] = output_.digest().state();
    sync_ = output_.begin_sync();
  }

  bool settled(bool wait) override {
    if (!sync_.valid()) return true;
    if (!wait && sync_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return false;
    sync_.get();
    return true;
  }

  std::string finish() override {
    output_.sync();
    return output_.digest().text();
  }

 private:
  OutputFile output_;
  std::future<void> sync_;  // of the last checkpoint
};

}  // namespace

RecordPassResult run_record_pass(const RecordPass& pass, const Policy& policy, Supervisor& supervisor) {
  RecordShadow shadow(pass);
  return run_telling(pass, policy, supervisor, shadow);
}

}  // namespace dfi::migrations
