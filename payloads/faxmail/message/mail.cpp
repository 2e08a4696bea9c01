// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/message/mail.hpp"

#include <fmt/core.h>
#include <openssl/rand.h>

#include <algorithm>
#include <ctime>

#include "base/error.hpp"
#include "base/file.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/message/encoding.hpp"

namespace faxmail {
namespace {

constexpr std::uintmax_t attachment_limit = 256u << 20;

std::string header(const std::string& name, const std::string& text) {
  require_header_safe(name, text);
  return name + ": " + encode_header_text(text, name.size() + 2) + "\r\n";
}

std::string address_text(const Address& address) {
  return address.name.empty() ? address.spec : encode_phrase(address.name) + " <" + address.spec + ">";
}

std::string address_header(const std::string& name, const std::vector<Address>& addresses) {
  std::string line = name + ": ";
  for (std::size_t i = 0; i < addresses.size(); ++i) line += (i == 0 ? "" : ",\r\n ") + address_text(addresses[i]);
  return line + "\r\n";
}

/// All line ends become CRLF, also a lone CR: nothing in a text can look like the end of the mail to some server.
std::string crlf_lines(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' || text[i] == '\n') {
      if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') ++i;
      result += "\r\n";
    } else {
      result += text[i];
    }
  }
  if (result.size() < 2 || result.compare(result.size() - 2, 2, "\r\n") != 0) result += "\r\n";
  return result;
}

bool needs_encoding(const std::string& lines) {
  std::size_t length = 0;
  for (const char c : lines) {
    length = c == '\n' ? 0 : length + 1;
    const bool line_end = c == '\r' || c == '\n';
    if (length > 900 || static_cast<unsigned char>(c) >= 0x7f ||
        (static_cast<unsigned char>(c) < 0x20 && !line_end && c != '\t'))
      return true;
  }
  return false;
}

std::string text_part(const std::string& text) {
  if (!is_utf8(text)) throw dfi::Error(dfi::msg::mail_not_utf8, {{"field", "Text"}});
  const auto lines = crlf_lines(text);
  const bool encode = needs_encoding(lines);
  return fmt::format("Content-Type: text/plain; charset={}\r\nContent-Transfer-Encoding: {}\r\n\r\n",
                     encode ? "UTF-8" : "us-ascii", encode ? "base64" : "7bit") +
         (encode ? base64_lines(lines) : lines);
}

std::string attachment_part(const Attachment& attachment) {
  require_header_safe("Attachment", attachment.name);
  return "Content-Type: " + attachment.type +
         "\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment" +
         encode_parameter("filename", attachment.name) + "\r\n\r\n" + base64_lines(attachment.content);
}

}  // namespace

std::string random_hex(std::size_t bytes) {
  std::string raw(bytes, '\0');
  dfi::require(RAND_bytes(reinterpret_cast<unsigned char*>(raw.data()), static_cast<int>(bytes)) == 1, "random bytes");
  std::string hex;
  for (const char c : raw) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return hex;
}

Attachment Attachment::read(const std::filesystem::path& file) {
  auto extension = file.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  Attachment attachment;
  if (extension == ".pdf")
    attachment.type = "application/pdf";
  else if (extension == ".tif" || extension == ".tiff")
    attachment.type = "image/tiff";
  else
    throw dfi::Error(dfi::msg::mail_attachment_kind, {{"path", file.string()}});
  attachment.name = file.filename().string();
  require_header_safe("Attachment", attachment.name);
  attachment.content = dfi::read_file(file, attachment_limit);
  return attachment;
}

std::string new_message_id(const Address& from) {
  std::string id = "<";
  id += random_hex(16);
  id += from.spec.substr(from.spec.find('@'));
  return id += '>';
}

std::string mail_date() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  // Not strftime: the names must be English in every locale.
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} +0000", days[utc.tm_wday], utc.tm_mday, months[utc.tm_mon],
                     utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

std::string compose(const Mail& mail) {
  std::string message = "Date: " + mail.date + "\r\n" + address_header("From", {mail.from}) +
                        address_header("To", mail.to) + header("Subject", mail.subject) +
                        "Message-ID: " + mail.message_id + "\r\nMIME-Version: 1.0\r\n";
  if (mail.attachments.empty()) return message + text_part(mail.text);
  // Base64 and header lines never begin with "--", and a plain text cannot guess 24 random digits.
  const auto boundary = "=_" + random_hex(12);
  message += "Content-Type: multipart/mixed;\r\n boundary=\"" + boundary + "\"\r\n\r\n";
  message += "--" + boundary + "\r\n" + text_part(mail.text);
  for (const auto& attachment : mail.attachments) message += "--" + boundary + "\r\n" + attachment_part(attachment);
  return message + "--" + boundary + "--\r\n";
}

}  // namespace faxmail
