// SPDX-License-Identifier: Apache-2.0
// A password in memory: taken from where it is kept at each login (so that it can be changed without a restart), wiped
// when it is no longer needed, never part of a message, a log or an argument.
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace faxmail {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  /// The first line of a file that is nobody's but its owner's. Throws Error mail_secret_unsafe: no regular file, a
  /// symlink, owned by somebody else, readable for others, empty or larger than 4 KiB.
  static Secret read(const std::filesystem::path& file);

  const std::string& value() const { return value_; }

 private:
  std::string value_;
};

enum class SecretShape { line, whole };
/// The largest secret: a password is a line of a small file, a key file is taken as a whole.
constexpr std::size_t secret_limit(SecretShape shape) { return shape == SecretShape::line ? 4096 : 65536; }

struct SecretFileRules {
  SecretShape shape = SecretShape::line;
  bool group_may_read = false;           // a credential of systemd, in a directory nobody else can enter
  std::optional<uid_t> also_owner = {};  // beside root and ourselves
};
Secret read_secret_file(const std::filesystem::path& file, const SecretFileRules& rules);

/// What a command prints. No shell, environment PATH only, nothing on stdin, stderr thrown away; ended after 10 s.
/// Throws Error mail_secret_command naming `key` and program, never the output.
Secret read_secret_command(const std::string& key, const std::vector<std::string>& words, SecretShape shape);

/// Cuts `bytes` to the shape: "empty" or another reason why it is no secret, else nothing.
std::optional<std::string> shape_secret(std::string& bytes, SecretShape shape);

/// Overwrites a text that held a secret.
void wipe(std::string& text);

/// Keeps secrets out of core dumps, and other processes of the same user out of our memory. For the whole process.
void forbid_core_dumps();

}  // namespace faxmail
