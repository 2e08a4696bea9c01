// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/proofs.hpp"

#include <algorithm>

namespace dfi::migrations {

void Proofs::begin() {
  result_ = std::async(std::launch::async, [this] { return all_hold(); });
}

bool Proofs::all_hold() const {
  return std::all_of(claims_.begin(), claims_.end(),
                     [this](const FileClaim& claim) { return holds(claim, threads_, stop_); });
}

}  // namespace dfi::migrations
