// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/message/parts.hpp"

#include <fmt/core.h>
#include <openssl/rand.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/file.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/message/encoding.hpp"
#include "payloads/faxmail/product/words.hpp"

namespace faxmail {
namespace {

constexpr std::uintmax_t attachment_limit = 256u << 20;

std::string text_body(const std::string& type, const std::string& charset, const std::string& lines) {
  const bool encode = needs_encoding(lines);
  return fmt::format("Content-Type: text/{}; charset={}\r\nContent-Transfer-Encoding: {}\r\n\r\n", type,
                     encode ? charset : "us-ascii", encode ? "base64" : "7bit") +
         (encode ? base64_lines(lines) : lines);
}

}  // namespace

Attachment Attachment::read(const std::filesystem::path& file) {
  const auto extension = lower(file.extension().string());
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

std::string random_hex(std::size_t bytes) {
  std::string raw(bytes, '\0');
  dfi::require(RAND_bytes(reinterpret_cast<unsigned char*>(raw.data()), static_cast<int>(bytes)) == 1, "random bytes");
  return hex(raw);
}

std::string crlf_lines(std::string_view text) {
  std::string result;
  result.reserve(text.size() + text.size() / 32 + 2);
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find_first_of("\r\n", at), text.size());
    result.append(text.substr(at, end - at)).append("\r\n");
    at = end + (text.substr(end, 2) == "\r\n" ? 2 : 1);
  }
  return result.empty() ? "\r\n" : result;
}

std::string html_escaped(std::string_view text) {
  std::string result;
  for (const char c : text) switch (c) {
      case '&': result += "&amp;"; break;
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      case '"': result += "&quot;"; break;
      default: result += c;
    }
  return result;
}

bool needs_encoding(std::string_view lines) {
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

std::string text_part(const std::string& text, const std::string& subtype) {
  if (!is_utf8(text)) throw dfi::Error(dfi::msg::mail_not_utf8, {{"field", "Text"}});
  return text_body(subtype, "UTF-8", crlf_lines(text));
}

std::string unlabelled_part(const std::string& lines) {
  // RFC 1428: "unknown-8bit" says honestly that nobody knows.
  return text_body("plain", is_utf8(lines) ? "UTF-8" : "unknown-8bit", lines);
}

std::string attachment_part(const Attachment& attachment) {
  require_header_safe("Attachment", attachment.name);
  return "Content-Type: " + attachment.type +
         "\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment" +
         encode_parameter("filename", attachment.name) + "\r\n\r\n" + base64_lines(attachment.content);
}

std::string logo_part(const Logo& logo, const std::string& content_id) {
  require_header_safe("Logo", logo.name);
  return "Content-Type: image/" + logo.format + "\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <" + content_id +
         ">\r\nContent-Disposition: inline" + encode_parameter("filename", logo.name + "." + logo.format) + "\r\n\r\n" +
         base64_lines(logo.content);
}

std::string multipart(const std::string& kind, const std::vector<std::string>& parts, const std::string& parameters) {
  // Base64 and header lines never begin with "--", and a plain text cannot guess 24 random digits.
  const auto boundary = "=_" + random_hex(12);
  auto result = "Content-Type: multipart/" + kind + parameters + ";\r\n boundary=\"" + boundary + "\"\r\n\r\n";
  for (const auto& part : parts) result += "--" + boundary + "\r\n" + part;
  return result + "--" + boundary + "--\r\n";
}

}  // namespace faxmail
