// SPDX-License-Identifier: Apache-2.0
// FAXLGO, the logos: pictures by name that can be shown in mails.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "payloads/faxmail/message/parts.hpp"
#include "payloads/faxmail/product/data_file.hpp"

namespace faxmail {

/// A mail carries its logo each time, and a recipient's program must be able to show it.
constexpr std::size_t logo_limit = 512 * 1024;

struct LogoEntry {
  std::string name, format;
  std::int64_t size;
};

class Logos {
 public:
  Logos(const Layout& layout, const Capability& capability);

  std::vector<LogoEntry> list();
  /// Throws Error mail_logo_unknown, or mail_logo_format if it is kept in a format that mails do not show.
  Logo get(const std::string& name);
  /// Stores the picture durably under `name`, replacing one that is there. The format is told by the content. Throws
  /// Error mail_logo_format, mail_header_unsafe or os_error.
  LogoEntry set(const std::string& name, const fs::path& file);
  /// Throws Error mail_logo_unknown.
  void remove(const std::string& name);

 private:
  void commit(SQLite::Transaction& transaction);

  fs::path path_;
  SQLite::Database db_;
};

/// "png", "jpeg" or "gif" by the first bytes, else empty.
std::string picture_format(std::string_view content);

}  // namespace faxmail
