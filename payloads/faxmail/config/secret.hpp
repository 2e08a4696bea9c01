// SPDX-License-Identifier: Apache-2.0
// A password in memory: read from a file of mode 0600 at each login (so that it can be changed without a restart),
// wiped when it is no longer needed, never part of a message, a log or an argument.
#pragma once
#include <filesystem>
#include <string>

namespace faxmail {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept;
  ~Secret();

  /// The first line of the file. Throws Error mail_secret_unsafe: no regular file, a symlink, owned by somebody else,
  /// readable for others, empty or larger than 4 KiB.
  static Secret read(const std::filesystem::path& file);

  const std::string& value() const { return value_; }

 private:
  std::string value_;
};

/// Overwrites a text that held a secret.
void wipe(std::string& text);

}  // namespace faxmail
