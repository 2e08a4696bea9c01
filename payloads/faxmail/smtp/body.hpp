// SPDX-License-Identifier: Apache-2.0
// The bytes of a mail, in memory or in a file, and how they go over the line.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace faxmail {

class MessageBody {
 public:
  MessageBody() = default;
  explicit MessageBody(std::string bytes) : bytes_(std::move(bytes)), size_(bytes_.size()) {}
  static MessageBody in_file(std::filesystem::path file, std::uint64_t size);

  std::uint64_t size() const { return size_; }
  /// Hands over consecutive blocks of at most 64 KiB. Throws os_error, or Error mail_body_damaged if the file is gone
  /// or has not `size` bytes.
  void read(const std::function<void(std::string_view block)>& take) const;

 private:
  std::string bytes_;
  std::filesystem::path file_;
  std::uint64_t size_ = 0;
};

/// Makes a body fit for DATA (RFC 5321 4.5.2), block by block: CRLF line ends only, also for a lone CR or LF, so that
/// nothing inside can look like the end of the mail to some server (CVE-2023-51764); leading dots doubled.
class DotStuffer {
 public:
  void add(std::string_view block, std::string& out);
  /// Ends the last line; the final dot is the caller's.
  void finish(std::string& out);

 private:
  void line_end(std::string& out);
  bool line_start_ = true, after_cr_ = false;
};

}  // namespace faxmail
