// SPDX-License-Identifier: Apache-2.0
// What faxmaild says: one line per event on standard output, with UTC time, in the operator's language. Thread-safe.
#pragma once
#include <functional>
#include <mutex>
#include <string>

#include "base/error.hpp"
#include "payloads/faxmail/product/texts.hpp"

namespace faxmail {

class Log {
 public:
  using Sink = std::function<void(const std::string& line)>;
  Log(Texts texts, Sink sink) : texts_(std::move(texts)), sink_(std::move(sink)) {}

  void say(const std::string& key, const dfi::Args& args = {}) const;
  void error(const dfi::Error& error) const;
  dfi::Language language() const { return texts_.language(); }
  const Texts& texts() const { return texts_; }

 private:
  void write(const std::string& text) const;
  Texts texts_;
  Sink sink_;
  mutable std::mutex mutex_;
};

/// Writes to standard output, each line at once.
Log::Sink standard_output();

}  // namespace faxmail
