// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/message/logos.hpp"

#include "base/durable.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/message/encoding.hpp"

namespace faxmail {
namespace {

dfi::Error unknown(const std::string& name) { return dfi::Error(dfi::msg::mail_logo_unknown, {{"name", name}}); }

dfi::Error unfit(const std::string& what) {
  return dfi::Error(dfi::msg::mail_logo_format, {{"path", what}, {"limit", std::to_string(logo_limit / 1024)}});
}

}  // namespace

std::string picture_format(std::string_view content) {
  using namespace std::string_view_literals;
  if (content.substr(0, 8) == "\x89PNG\r\n\x1a\n"sv) return "png";
  if (content.substr(0, 3) == "\xff\xd8\xff"sv) return "jpeg";
  if (content.substr(0, 6) == "GIF87a"sv || content.substr(0, 6) == "GIF89a"sv) return "gif";
  return {};
}

Logos::Logos(const Layout& layout, const Capability& capability)
    : path_(layout.data_file("FAXLGO")), db_(open_data_file(layout, capability, "FAXLGO")) {}

void Logos::commit(SQLite::Transaction& transaction) {
  dfi::durable::announce("commit", path_);
  transaction.commit();
}

std::vector<LogoEntry> Logos::list() {
  return dfi::with_database(path_, [&] {
    std::vector<LogoEntry> entries;
    SQLite::Statement query(db_, "SELECT LGNAME, LGFMT, length(LGDATA) FROM FAXLGO ORDER BY LGNAME");
    while (query.executeStep())
      entries.push_back(
          {query.getColumn(0).getString(), query.getColumn(1).getString(), query.getColumn(2).getInt64()});
    return entries;
  });
}

Logo Logos::get(const std::string& name) {
  auto content = dfi::with_database(path_, [&] {
    SQLite::Statement query(db_, "SELECT LGDATA FROM FAXLGO WHERE LGNAME = ?");
    query.bind(1, name);
    if (!query.executeStep()) throw unknown(name);
    return query.getColumn(0).getString();
  });
  // An older program may have stored anything: what counts is what the picture is, not what LGFMT calls it.
  const auto format = picture_format(content);
  if (format.empty() || content.size() > logo_limit) throw unfit(name);
  return {name, format, std::move(content)};
}

LogoEntry Logos::set(const std::string& name, const fs::path& file) {
  require_header_safe("Logo", name);
  const auto content = dfi::read_file(file);
  const auto format = picture_format(content);
  if (name.empty() || format.empty() || content.size() > logo_limit) throw unfit(file.string());
  dfi::with_database(path_, [&] {
    SQLite::Transaction transaction(db_, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement store(db_,
                            "INSERT INTO FAXLGO(LGNAME, LGFMT, LGDATA) VALUES(?, ?, ?) "
                            "ON CONFLICT(LGNAME) DO UPDATE SET LGFMT = excluded.LGFMT, LGDATA = excluded.LGDATA");
    store.bind(1, name);
    store.bind(2, format);
    store.bind(3, content.data(), static_cast<int>(content.size()));
    store.exec();
    commit(transaction);
  });
  return {name, format, static_cast<std::int64_t>(content.size())};
}

void Logos::remove(const std::string& name) {
  dfi::with_database(path_, [&] {
    SQLite::Transaction transaction(db_, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement remove(db_, "DELETE FROM FAXLGO WHERE LGNAME = ?");
    remove.bind(1, name);
    if (remove.exec() == 0) throw unknown(name);
    commit(transaction);
  });
}

}  // namespace faxmail
