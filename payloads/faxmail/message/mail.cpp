// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/message/mail.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <ctime>

#include "payloads/faxmail/message/encoding.hpp"

namespace faxmail {
namespace {

constexpr std::size_t line_length = 76;

std::string address_text(const Address& address, std::size_t used) {
  require_header_safe("Address", address.name);
  if (address.name.empty()) return address.spec;
  const auto name = encode_phrase(address.name);
  const auto last_line = name.rfind('\n') == std::string::npos ? used + name.size() : name.size() - name.rfind('\n');
  const bool fits = last_line + address.spec.size() + 3 <= line_length;
  return name + (fits ? " <" : "\r\n <") + address.spec + ">";
}

/// The text as HTML: what a reader without a template sees beside the logo.
std::string html_of_text(const std::string& text) {
  const auto lines = crlf_lines(html_escaped(text));
  std::string body;
  for (std::size_t at = 0, end; (end = lines.find("\r\n", at)) != std::string::npos; at = end + 2)
    body += lines.substr(at, end - at) + "<br>\r\n";
  return "<!DOCTYPE html>\r\n<html><body>\r\n<p>{logo}</p>\r\n<p>\r\n" + body + "</p>\r\n</body></html>\r\n";
}

/// Puts `picture` where the HTML wants it.
std::string with_picture(std::string html, const std::string& picture) {
  constexpr std::string_view place = "{logo}";
  auto at = html.find(place);
  if (at != std::string::npos) return html.replace(at, place.size(), picture);
  // Behind <body …>, if there is one.
  at = html.find("<body");
  if (at != std::string::npos) at = html.find('>', at);
  return html.insert(at == std::string::npos ? 0 : at + 1, picture);
}

std::string text_parts(const Mail& mail) {
  const auto plain = text_part(mail.text, "plain");
  if (mail.html.empty() && !mail.logo) return plain;
  auto html = mail.html.empty() ? html_of_text(mail.text) : mail.html;
  if (!mail.logo) return multipart("alternative", {plain, text_part(with_picture(std::move(html), ""), "html")});
  const auto id = random_hex(8) + "@" + domain_of(mail.from.spec);
  const auto picture = "<img src=\"cid:" + id + "\" alt=\"" + html_escaped(mail.logo->name) + "\">";
  const auto shown = text_part(with_picture(std::move(html), picture), "html");
  return multipart("alternative",
                   {plain, multipart("related", {shown, logo_part(*mail.logo, id)}, "; type=\"text/html\"")});
}

}  // namespace

std::string text_header(const std::string& name, const std::string& text) {
  require_header_safe(name, text);
  return name + ": " + encode_header_text(text, name.size() + 2) + "\r\n";
}

std::string address_header(const std::string& name, const std::vector<Address>& addresses) {
  std::string line = name + ": ";
  for (std::size_t i = 0; i < addresses.size(); ++i)
    line += (i == 0 ? "" : ",\r\n ") + address_text(addresses[i], i == 0 ? line.size() : 1);
  return line + "\r\n";
}

std::string new_message_id(const Address& from) { return "<" + random_hex(16) + "@" + domain_of(from.spec) + ">"; }

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
  auto message = "Date: " + mail.date + "\r\n" + address_header("From", {mail.from});
  if (!mail.reply_to.empty()) message += address_header("Reply-To", mail.reply_to);
  // Without any visible recipient some servers would add a header line of their own.
  if (!mail.to.empty())
    message += address_header("To", mail.to);
  else if (mail.cc.empty())
    message += "To: undisclosed-recipients:;\r\n";
  if (!mail.cc.empty()) message += address_header("Cc", mail.cc);
  message += text_header("Subject", mail.subject) + "Message-ID: " + mail.message_id + "\r\nMIME-Version: 1.0\r\n";
  const auto text = text_parts(mail);
  if (mail.attachments.empty()) return message + text;
  std::vector<std::string> parts{text};
  for (const auto& attachment : mail.attachments) parts.push_back(attachment_part(attachment));
  return message + multipart("mixed", parts);
}

ReadyMessage compose_ready(const Mail& mail) {
  ReadyMessage ready;
  ready.from = mail.from.spec;
  for (const auto* list : {&mail.to, &mail.cc, &mail.bcc}) add_recipients(ready, *list);
  ready.subject = mail.subject;
  ready.message_id = mail.message_id;
  ready.bytes = compose(mail);
  ready.smtputf8 = !is_ascii(ready.bytes) || !is_ascii(ready.from) ||
                   std::any_of(ready.to.begin(), ready.to.end(), [](const auto& to) { return !is_ascii(to); });
  return ready;
}

}  // namespace faxmail
