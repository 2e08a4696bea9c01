// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/message/ready.hpp"

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/message/encoded_words.hpp"
#include "payloads/faxmail/message/encoding.hpp"
#include "payloads/faxmail/message/header.hpp"
#include "payloads/faxmail/message/mail.hpp"
#include "payloads/faxmail/product/words.hpp"

namespace faxmail {
namespace {

constexpr const char* single_fields[] = {"From",         "Sender",       "Reply-To",
                                         "Date",         "Message-ID",   "Subject",
                                         "MIME-Version", "Content-Type", "Content-Transfer-Encoding"};
constexpr const char* address_fields[] = {"From", "Sender", "Reply-To", "To", "Cc"};
constexpr const char* recipient_fields[] = {"To", "Cc", "Bcc"};
constexpr const char* resent_fields[] = {"Resent-To", "Resent-Cc", "Resent-Bcc"};
/// What only a delivering server writes, and what no recipient may see.
constexpr const char* dropped_fields[] = {"Bcc", "Resent-Bcc", "Return-Path"};

template <class Names>
bool is_one_of(const HeaderField& field, const Names& names) {
  return std::any_of(std::begin(names), std::end(names), [&](const char* name) { return field.is(name); });
}

/// Two senders or subjects would be read differently by different programs: a classic way to deceive.
void require_single(const MessageText& message) {
  for (const char* name : single_fields) {
    const auto* first = message.find(name);
    for (const auto& field : message.fields)
      if (first && &field != first && field.is(name))
        throw dfi::Error(
            dfi::msg::mail_message_header_twice,
            {{"name", name}, {"first", std::to_string(first->line)}, {"line", std::to_string(field.line)}});
  }
}

/// Several To or Cc lines become one, as RFC 5322 wants it.
void join_recipient_fields(MessageText& message) {
  for (const char* name : {"To", "Cc"}) {
    HeaderField* first = nullptr;
    for (auto& field : message.fields) {
      if (!field.is(name)) continue;
      if (first) {
        if (!field.unfolded().empty()) {
          first->value += (first->unfolded().empty() ? " " : ",\r\n ") + field.unfolded();
          first->raw.clear();
        }
        field.name.clear();
      } else {
        first = &field;
      }
    }
  }
  message.fields.erase(std::remove_if(message.fields.begin(), message.fields.end(),
                                      [](const HeaderField& field) { return field.name.empty(); }),
                       message.fields.end());
}

std::vector<Address> addresses_of(const HeaderField& field) { return parse_address_list(field.unfolded(), field.name); }

bool all_ascii(const std::vector<Address>& addresses) {
  return std::all_of(addresses.begin(), addresses.end(), [](const auto& address) { return is_ascii(address.spec); });
}

/// A field in raw UTF-8: encoded words where they are allowed and do it; else the server must know SMTPUTF8.
std::string international_line(const HeaderField& field, bool& smtputf8) {
  if (!is_utf8(field.value)) throw dfi::Error(dfi::msg::mail_not_utf8, {{"field", field.name}});
  const auto value = field.unfolded();
  if (field.is("Subject") || field.is("Comments") || HeaderField{field.name.substr(0, 2), {}, 0}.is("X-")) {
    std::string visible = value;
    std::replace(visible.begin(), visible.end(), '\t', ' ');
    return text_header(field.name, visible);
  }
  if (is_one_of(field, address_fields)) {
    const auto addresses = addresses_of(field);
    if (!addresses.empty() && all_ascii(addresses)) return address_header(field.name, addresses);
  }
  smtputf8 = true;
  return header_line(field);
}

/// "<left@right>" without blanks: anything else is no identity and is replaced.
bool well_formed_id(const std::string& id) {
  const auto at = id.find('@');
  return id.size() > 4 && id.size() <= 250 && id.front() == '<' && id.back() == '>' && at != std::string::npos &&
         at > 1 && at + 2 < id.size() && id.find_first_of("<>", 1) == id.size() - 1 &&
         std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

class Maker {
 public:
  Maker(MessageText message, const Handover& handover) : message_(std::move(message)), handover_(handover) {}

  ReadyMessage make(std::string_view input) {
    require_single(message_);
    join_recipient_fields(message_);
    read_recipients();
    drop_unusable();
    read_sender();
    read_subject();
    const bool own_id = read_message_id();
    if (!message_.find("Date")) add("Date", mail_date());
    write();
    if (own_id) ready_.identity = identity(input);
    return std::move(ready_);
  }

 private:
  void add(const std::string& name, const std::string& value) { message_.fields.push_back({name, " " + value, 0}); }

  void read_recipients() {
    add_recipients(ready_, handover_.to);
    if (handover_.header_recipients) {
      const bool resent = std::any_of(message_.fields.begin(), message_.fields.end(),
                                      [](const auto& field) { return is_one_of(field, resent_fields); });
      for (const auto& field : message_.fields)
        if (resent ? is_one_of(field, resent_fields) : is_one_of(field, recipient_fields))
          add_recipients(ready_, addresses_of(field));
    }
    if (ready_.to.empty()) throw dfi::Error(dfi::msg::mail_recipients_missing);
  }

  void drop_unusable() {
    auto& fields = message_.fields;
    fields.erase(std::remove_if(fields.begin(), fields.end(),
                                [](const HeaderField& field) {
                                  return is_one_of(field, dropped_fields) ||
                                         (field.is("Message-ID") && !well_formed_id(field.unfolded())) ||
                                         (is_one_of(field, address_fields) && field.unfolded().empty());
                                }),
                 fields.end());
  }

  void read_sender() {
    const auto* from = message_.find("From");
    Address author;
    if (from) {
      const auto authors = addresses_of(*from);
      if (authors.empty()) throw dfi::Error(dfi::msg::mail_address_malformed, {{"address", from->unfolded()}});
      // Who sent for several authors stands in Sender.
      const auto* sender = authors.size() > 1 ? message_.find("Sender") : nullptr;
      const auto senders = sender ? addresses_of(*sender) : authors;
      author = senders.empty() ? authors.front() : senders.front();
    } else {
      author = handover_.envelope_from.value_or("").empty() ? handover_.default_sender()
                                                            : Address{{}, *handover_.envelope_from};
      if (!handover_.sender_name.empty()) author.name = handover_.sender_name;
      const auto line = address_header("From", {author});
      message_.fields.push_back({"From", line.substr(5, line.size() - 7), 0});
    }
    author_ = author;
    ready_.from = handover_.envelope_from.value_or(author.spec);
  }

  void read_subject() {
    const auto* subject = message_.find("Subject");
    if (!subject) return;
    ready_.subject = decode_words(subject->unfolded());
    if (!is_utf8(ready_.subject)) throw dfi::Error(dfi::msg::mail_not_utf8, {{"field", "Subject"}});
  }

  /// True if the message brought one that can be kept.
  bool read_message_id() {
    if (const auto* id = message_.find("Message-ID")) {
      ready_.message_id = id->unfolded();
      return true;
    }
    ready_.message_id = new_message_id(author_);
    add("Message-ID", ready_.message_id);
    return false;
  }

  void write() {
    // Without MIME headers nobody has said what the body is, so that we may.
    const bool unlabelled = !message_.find("MIME-Version") && !message_.any_prefix("Content-");
    for (const auto& field : message_.fields)
      ready_.bytes += is_ascii(field.value) ? header_line(field) : international_line(field, ready_.smtputf8);
    if (unlabelled && needs_encoding(message_.body)) {
      ready_.bytes += "MIME-Version: 1.0\r\n" + unlabelled_part(message_.body);
    } else {
      require_short_lines(message_.body, message_.body_line);
      ready_.eight_bit = !is_ascii(message_.body);
      ready_.bytes.append("\r\n").append(message_.body);
    }
    ready_.smtputf8 = ready_.smtputf8 || !is_ascii(ready_.from) ||
                      std::any_of(ready_.to.begin(), ready_.to.end(), [](const auto& to) { return !is_ascii(to); });
  }

  /// Sender, recipients and every byte: the same again is the same mail.
  std::string identity(std::string_view input) const {
    dfi::Sha256 digest;
    digest.update(ready_.from);
    for (const auto& to : ready_.to) digest.update("\n" + to);
    digest.update(std::string_view("\0", 1));
    digest.update(input);
    return "sha256:" + digest.hex();
  }

  MessageText message_;
  const Handover& handover_;
  ReadyMessage ready_;
  Address author_;
};

std::string comparable(const std::string& spec) {
  const auto at = std::min(spec.rfind('@'), spec.size());
  return spec.substr(0, at) + lower(spec.substr(at));
}

}  // namespace

void add_recipients(ReadyMessage& message, const std::vector<Address>& addresses) {
  std::set<std::string> known;
  for (const auto& to : message.to) known.insert(comparable(to));
  for (const auto& address : addresses)
    if (known.insert(comparable(address.spec)).second) message.to.push_back(address.spec);
}

ReadyMessage read_message(std::string_view input, const Handover& handover) {
  return Maker(split_message(input), handover).make(input);
}

}  // namespace faxmail
