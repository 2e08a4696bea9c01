// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/config/secret.hpp"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "messages/mail.hpp"

namespace faxmail {
namespace {

constexpr std::size_t limit = 4096;

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& reason) {
  throw dfi::Error(dfi::msg::mail_secret_unsafe, {{"path", file.string()}, {"reason", reason}});
}

}  // namespace

void wipe(std::string& text) {
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

Secret::Secret(Secret&& other) noexcept : value_(other.value_) { wipe(other.value_); }
Secret::~Secret() { wipe(value_); }

Secret Secret::read(const std::filesystem::path& file) {
  const dfi::Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) refuse(file, errno == ELOOP ? "symlink" : ::strerrorname_np(errno));
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) refuse(file, ::strerrorname_np(errno));
  if (!S_ISREG(status.st_mode)) refuse(file, "no regular file");
  if (status.st_uid != 0 && status.st_uid != ::geteuid()) refuse(file, "uid " + std::to_string(status.st_uid));
  if ((status.st_mode & 077) != 0) {
    constexpr char digits[] = "01234567";
    const auto mode = status.st_mode & 0777;
    refuse(file, std::string("mode 0") + digits[mode >> 6] + digits[(mode >> 3) & 7] + digits[mode & 7]);
  }
  Secret secret{std::string(limit + 1, '\0')};
  const ssize_t size = ::read(fd.get(), secret.value_.data(), secret.value_.size());
  if (size < 0) refuse(file, ::strerrorname_np(errno));
  if (static_cast<std::size_t>(size) > limit) refuse(file, "> 4096 bytes");
  secret.value_.resize(static_cast<std::size_t>(size));
  const auto end = secret.value_.find_first_of("\r\n");
  if (end != std::string::npos) secret.value_.resize(end);
  if (secret.value_.empty() || secret.value_.find('\0') != std::string::npos) refuse(file, "empty");
  return secret;
}

}  // namespace faxmail
