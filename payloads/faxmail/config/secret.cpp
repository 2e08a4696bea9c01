// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/config/secret.hpp"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "messages/mail.hpp"

namespace faxmail {
namespace {

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& reason) {
  throw dfi::Error(dfi::msg::mail_secret_unsafe, {{"path", file.string()}, {"reason", reason}});
}

void require_private(const std::filesystem::path& file, int fd, const SecretFileRules& rules) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) refuse(file, ::strerrorname_np(errno));
  if (!S_ISREG(status.st_mode)) refuse(file, "no regular file");
  const auto self = ::geteuid();
  const bool trusted = status.st_uid == 0 || status.st_uid == self || (self == 0 && rules.also_owner == status.st_uid);
  if (!trusted) refuse(file, "uid " + std::to_string(status.st_uid));
  const mode_t forbidden = rules.group_may_read ? 037 : 077;
  if ((status.st_mode & forbidden) != 0) {
    constexpr char digits[] = "01234567";
    const auto mode = status.st_mode & 0777;
    refuse(file, std::string("mode 0") + digits[mode >> 6] + digits[(mode >> 3) & 7] + digits[mode & 7]);
  }
}

}  // namespace

void wipe(std::string& text) {
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

Secret::Secret(Secret&& other) noexcept : value_(other.value_) { wipe(other.value_); }
Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  wipe(value_);
  value_ = other.value_;
  wipe(other.value_);
  return *this;
}
Secret::~Secret() { wipe(value_); }

std::optional<std::string> shape_secret(std::string& bytes, SecretShape shape) {
  if (bytes.size() > secret_limit(shape)) return "> " + std::to_string(secret_limit(shape)) + " bytes";
  const auto end = shape == SecretShape::line ? bytes.find_first_of("\r\n") : std::string::npos;
  if (end != std::string::npos) {
    OPENSSL_cleanse(bytes.data() + end, bytes.size() - end);
    bytes.resize(end);
  }
  if (bytes.empty() || bytes.find('\0') != std::string::npos) return "empty";
  return std::nullopt;
}

Secret read_secret_file(const std::filesystem::path& file, const SecretFileRules& rules) {
  const dfi::Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) refuse(file, errno == ELOOP ? "symlink" : ::strerrorname_np(errno));
  require_private(file, fd.get(), rules);
  std::string bytes(secret_limit(rules.shape) + 1, '\0');
  const ssize_t size = ::read(fd.get(), bytes.data(), bytes.size());
  if (size < 0) refuse(file, ::strerrorname_np(errno));
  bytes.resize(static_cast<std::size_t>(size));
  const auto reason = shape_secret(bytes, rules.shape);
  Secret secret(bytes);
  wipe(bytes);
  if (reason) refuse(file, *reason);
  return secret;
}

Secret Secret::read(const std::filesystem::path& file) { return read_secret_file(file, {}); }

void forbid_core_dumps() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

}  // namespace faxmail
