// SPDX-License-Identifier: Apache-2.0
// A Supervisor between the work and the one it is done for: what it does not look at goes on unchanged. Internal to the
// engine.
#pragma once
#include "migrations/engine/engine.hpp"

namespace dfi::migrations {

class PassingOn : public Supervisor {
 public:
  explicit PassingOn(Supervisor& whole) : whole_(whole) {}
  void progress(std::uint64_t done, std::uint64_t total, std::uint64_t rejected) override {
    whole_.progress(done, total, rejected);
  }
  std::optional<Json> checkpoint() override { return whole_.checkpoint(); }
  void save_checkpoint(const Json& checkpoint) override { whole_.save_checkpoint(checkpoint); }
  void refused(const Refusal& refusal) override { whole_.refused(refusal); }

 protected:
  Supervisor& whole_;
};

}  // namespace dfi::migrations
