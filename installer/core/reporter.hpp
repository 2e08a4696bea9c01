// SPDX-License-Identifier: Apache-2.0
// Who is told how a run goes. The texts belong to the terminal; the facts are in the journal.
#pragma once
#include <cstdint>
#include <string>

#include "base/error.hpp"
#include "base/message.hpp"

namespace dfi {

class Reporter {
 public:
  virtual ~Reporter() = default;
  virtual void step(std::size_t number, std::size_t total, Msg title) = 0;
  virtual void reverting(Msg title) = 0;
  virtual void item(const std::string& name) = 0;
  virtual void say(const std::string& level, const Message& message) = 0;
  /// Bytes of a long work; total 0 = unknown.
  virtual void progress(std::uint64_t done, std::uint64_t total) = 0;
};

}  // namespace dfi
