// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/smtp/body.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "messages/mail.hpp"

namespace faxmail {
namespace {

constexpr std::size_t block_size = 64 * 1024;

}  // namespace

MessageBody MessageBody::in_file(std::filesystem::path file, std::uint64_t size) {
  MessageBody body;
  body.file_ = std::move(file);
  body.size_ = size;
  return body;
}

void MessageBody::read(const std::function<void(std::string_view)>& take) const {
  if (file_.empty()) {
    for (std::string_view rest = bytes_; !rest.empty(); rest.remove_prefix(std::min(block_size, rest.size())))
      take(rest.substr(0, block_size));
    return;
  }
  const dfi::Fd fd(::open(file_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && errno != ENOENT) throw dfi::os_error("open", file_);
  std::string block(block_size, '\0');
  std::uint64_t total = 0;
  while (fd) {
    const ssize_t size = ::read(fd.get(), block.data(), block.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) throw dfi::os_error("read", file_);
    if (size == 0) break;
    total += static_cast<std::uint64_t>(size);
    if (total > size_) break;
    take(std::string_view(block).substr(0, static_cast<std::size_t>(size)));
  }
  if (total != size_)
    throw dfi::Error(dfi::msg::mail_body_damaged, {{"path", file_.string()}, {"size", std::to_string(size_)}});
}

void DotStuffer::line_end(std::string& out) {
  out += "\r\n";
  line_start_ = true;
}

void DotStuffer::add(std::string_view block, std::string& out) {
  while (!block.empty()) {
    if (after_cr_) {  // the line has been ended; the LF of a CRLF adds nothing
      after_cr_ = false;
      if (block.front() == '\n') {
        block.remove_prefix(1);
        continue;
      }
    }
    if (line_start_ && block.front() == '.') out += '.';
    const auto lf = std::min(block.find('\n'), block.size());
    const auto end = std::min(block.substr(0, lf).find('\r'), lf);
    out.append(block.substr(0, end));
    if (end > 0) line_start_ = false;
    if (end == block.size()) return;
    after_cr_ = block[end] == '\r';
    line_end(out);
    block.remove_prefix(end + 1);
  }
}

void DotStuffer::finish(std::string& out) {
  if (!line_start_) line_end(out);
}

}  // namespace faxmail
