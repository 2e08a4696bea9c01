// SPDX-License-Identifier: Apache-2.0
// The one exception of this project: a message of the catalogue plus the trail of what was being done.
// Thrown anywhere; caught in three places only: Runner (journal), main (text and exit code), faxmaild's job loop.
#pragma once
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "base/message.hpp"

namespace dfi {

class Error : public std::exception {
 public:
  explicit Error(Msg id, Args args = {});

  /// Adds "while …" on the way up. Returns *this, so that a catch block can say `throw e.during({...})`.
  Error& during(Message step);

  const Message& message() const { return message_; }
  const std::vector<Message>& trail() const { return trail_; }
  /// The value of an argument, or empty.
  std::string arg(std::string_view name) const;
  int exit_code() const { return dfi::exit_code(message_.id); }
  /// English text with id, for logs and test failures.
  const char* what() const noexcept override { return what_.c_str(); }

 private:
  Message message_;
  std::vector<Message> trail_;
  std::string what_;
};

/// The error of a failed system call: keeps the English errno name beside the text. Full disk, read-only file system
/// and missing permission have messages of their own. `operation` is a verb: "write", "rename".
[[nodiscard]] Error os_error(std::string_view operation, const std::filesystem::path& path, int error_number);
/// The same from errno.
[[nodiscard]] Error os_error(std::string_view operation, const std::filesystem::path& path);

/// A fact the program relies on. Violated: abort with the place, also in release builds; the journal makes an abort
/// as safe as a power cut.
void require(bool fact, const char* what);

}  // namespace dfi
