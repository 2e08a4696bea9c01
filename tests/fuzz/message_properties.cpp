// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "payloads/faxmail/message/encoded_words.hpp"
#include "payloads/faxmail/message/encoding.hpp"
#include "payloads/faxmail/message/header.hpp"
#include "payloads/faxmail/message/mail.hpp"
#include "tests/fuzz/properties.hpp"

namespace faxmail::fuzz {
namespace {

Handover handover() {
  Handover handover;
  handover.to = {Address{"", "to@example.com"}};
  handover.header_recipients = true;
  handover.default_sender = [] { return Address{"Fax", "fax@example.com"}; };
  return handover;
}

std::size_t count(const MessageText& text, std::string_view name) {
  std::size_t result = 0;
  for (const auto& field : text.fields) result += field.is(name) ? 1u : 0u;
  return result;
}

void holds_for_names(const std::vector<Address>& before, const std::vector<Address>& after) {
  holds(before.size() == after.size(), "no address is lost in a header");
  for (std::size_t i = 0; i < before.size(); ++i) {
    holds(before[i].spec == after[i].spec, "addresses survive a header");
    holds(before[i].name == after[i].name, "names survive a header");
  }
}

void holds_for_ready(const ReadyMessage& ready) {
  holds_for_mail_text(ready.bytes);
  const auto text = split_message(ready.bytes);
  for (const char* once : {"From", "Date", "Message-ID"}) holds(count(text, once) == 1, std::string("one ") + once);
  for (const char* never : {"Bcc", "Resent-Bcc"}) holds(count(text, never) == 0, std::string("no ") + never);
  holds(ready.eight_bit == !is_ascii(text.body), "8BITMIME is asked for where it is needed");
  for (const auto& field : text.fields) holds(ready.smtputf8 || is_ascii(field.value), "SMTPUTF8 likewise");
  for (const auto& to : ready.to) holds_for_spec(to);
  holds(!ready.to.empty() && is_utf8(ready.subject), "recipients and a subject that can be listed");
}

/// The n-th of the parts that 0xff, which is in no UTF-8, separates.
class Parts {
 public:
  explicit Parts(std::string_view input) : rest_(input) {}
  std::string next() {
    const auto end = std::min(rest_.find('\xff'), rest_.size());
    const std::string part(rest_.substr(0, end));
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return part;
  }

 private:
  std::string_view rest_;
};

Mail mail_of(std::string_view input) {
  Parts parts(input);
  Mail mail;
  mail.subject = parts.next();
  mail.text = parts.next();
  mail.from = {parts.next(), "from@example.com"};
  mail.to = {Address{parts.next(), "to@example.com"}, Address{"", "\"odd one\"@example.com"}};
  if (const auto name = parts.next(); !name.empty()) mail.cc = {Address{name, "cc@example.com"}};
  if (const auto name = parts.next(); !name.empty()) mail.attachments = {{name, "application/pdf", parts.next()}};
  mail.html = parts.next();
  if (const auto name = parts.next(); !name.empty()) mail.logo = Logo{name, "png", parts.next()};
  mail.message_id = "<1@example.com>";
  mail.date = "Tue, 11 Aug 2020 12:34:56 +0000";
  return mail;
}

/// A mail without parts carries exactly its text.
void holds_for_text(const Mail& mail, const MessageText& text) {
  auto body = text.body;
  if (text.find("Content-Transfer-Encoding")->unfolded() == "base64") {
    std::string joined;
    for (const char c : body)
      if (c != '\r' && c != '\n') joined += c;
    body = unbase64(joined).value();
  }
  holds(body == crlf_lines(mail.text), "the text survives");
}

void check_composed(const Mail& mail) {
  const auto ready = compose_ready(mail);
  holds(is_ascii(ready.bytes), "a composed mail is ASCII");
  const auto text = split_message(ready.bytes);
  holds(text.fields.size() == 8u + (mail.cc.empty() ? 0 : 1) - (text.find("Content-Transfer-Encoding") ? 0 : 1),
        "no field adds a header line");
  for (const auto& field : text.fields) {
    std::string_view lines = field.value;
    while (lines.size() > 78) {
      holds(lines.find("\r\n") <= 78, "header lines are short");
      lines.remove_prefix(lines.find("\r\n") + 2);
    }
  }
  holds(decode_words(text.find("Subject")->unfolded()) == mail.subject, "the subject survives");
  holds_for_names({mail.from}, parse_address_list(text.find("From")->unfolded(), "From"));
  holds_for_names(mail.to, parse_address_list(text.find("To")->unfolded(), "To"));
  if (mail.attachments.empty() && mail.html.empty() && !mail.logo) holds_for_text(mail, text);
  holds(read_message(ready.bytes, handover()).bytes == ready.bytes, "our own mail needs no change");
}

}  // namespace

void address(std::string_view input) {
  const std::string text(input);
  try {
    holds_for_spec(parse_address(text).spec);
  } catch (const dfi::Error&) {
  }
  std::vector<Address> list;
  try {
    list = parse_address_list(text, "To");
  } catch (const dfi::Error&) {
    return;
  }
  for (const auto& address : list) {
    holds_for_spec(address.spec);
    require_header_safe("name", address.name);
  }
  if (list.empty()) return;
  const auto header = split_message(address_header("To", list));
  holds(header.fields.size() == 1, "a list is one header line");
  holds_for_names(list, parse_address_list(header.fields[0].unfolded(), "To"));
}

void message(std::string_view input) {
  ReadyMessage ready;
  try {
    ready = read_message(input, handover());
  } catch (const dfi::Error&) {
    return;
  }
  holds_for_ready(ready);
  auto same = handover();
  same.header_recipients = false;  // Resent-Bcc may have named them, and is gone
  const auto again = read_message(ready.bytes, same);
  holds(again.bytes == ready.bytes, "a message that was read is complete");
  holds(again.message_id == ready.message_id && again.eight_bit == ready.eight_bit, "and is told alike");
}

void composed(std::string_view input) {
  Mail mail;
  try {
    mail = mail_of(input);
    compose(mail);
  } catch (const dfi::Error&) {
    return;
  }
  check_composed(mail);
}

}  // namespace faxmail::fuzz
