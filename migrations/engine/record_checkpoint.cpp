// SPDX-License-Identifier: Apache-2.0
// Checkpoints of a pass over records: their JSON, and going on at one. It holds no list that grows with the file.
#include <utility>

#include "base/error.hpp"
#include "migrations/engine/in_order.hpp"
#include "migrations/engine/record_run.hpp"

namespace dfi::migrations {
namespace {

constexpr int checkpoint_version = 1;

}  // namespace

void RecordRun::checkpoint(Shadow& shadow) {
  settle(shadow, true);
  rejects_.sync();
  auto now = state();
  shadow.checkpoint(now);
  pending_ = std::move(now);
  checkpoint_at_ = read_;
  checkpoint_bytes_ = shadow.bytes();
}

// Whatever a checkpoint speaks of is on disk before it is told.
void RecordRun::settle(Shadow& shadow, bool wait) {
  if (!pending_) return;
  try {
    if (!shadow.settled(wait)) return;
  } catch (...) {
    pending_.reset();  // a failed sync is final: what it was for is never told
    throw;
  }
  const auto durable = *std::exchange(pending_, std::nullopt);
  supervisor_.save_checkpoint(durable);
}

Json RecordRun::state() const {
  Json totals = Json::array(), keys = Json::array();
  for (const auto& total : totals_->totals()) totals.push_back({total.step, total.field, total.before, total.after});
  for (const auto& run : keys_) keys.push_back(state_of(run));
  return {{"version", checkpoint_version},
          {"definitions", pass_.digest},
          {"input_bytes", input_.bytes},
          {"round", round_},
          {"first_digest", first_digest_},
          {"read", read_},
          {"written", written_},
          {"input", input_digest_.state()},
          {"rejects", rejects_.state()},
          {"totals", totals},
          {"keys", keys},
          {"excluded", excluded_.state()}};
}

bool RecordRun::go_on(Shadow& shadow, const Json& checkpoint) {
  try {
    if (checkpoint.at("version") != checkpoint_version || checkpoint.at("definitions") != pass_.digest ||
        checkpoint.at("input_bytes") != input_.bytes)
      return false;
    auto state = shadow.go_on(checkpoint, proofs_);
    if (!state || !restore(*state)) return false;
    proven_ = false;
    proofs_.begin();
    checkpoint_at_ = read_;
    checkpoint_bytes_ = shadow.bytes();
    went_on_at_ = read_ + 1;
    return true;
  } catch (const Json::exception&) {
    return false;  // another program's checkpoint
  }
}

bool RecordRun::restore(const Json& state) {
  read_ = state.at("read").get<std::uint64_t>();
  written_ = state.at("written").get<std::uint64_t>();
  round_ = state.at("round").get<unsigned>();
  first_digest_ = state.at("first_digest").get<std::string>();
  totals_.emplace(pass_.program);
  std::vector<records::Total> totals;
  for (const auto& total : state.at("totals"))
    totals.push_back({total.at(0).get<std::size_t>(), total.at(1).get<std::string>(), total.at(2).get<std::string>(),
                      total.at(3).get<std::string>()});
  totals_->add(totals);
  keys_.clear();
  for (const auto& run : state.at("keys")) keys_.push_back(key_run_of(run));
  if (keys_.size() != reader_.unique_steps().size() || !excluded_.go_on(state.at("excluded"))) return false;
  auto claim = input_digest_.go_on(state.at("input"), input_.fd.get(), pass_.input);
  if (!claim) return false;
  proofs_.add(std::move(*claim));
  return rejects_.go_on(state.at("rejects"), proofs_);
}

}  // namespace dfi::migrations
