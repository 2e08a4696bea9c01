// SPDX-License-Identifier: Apache-2.0
// What a server's answer or a failed step means and who has to do what: the table of the doctor. The rules are product
// objects, share/doctor/*.toml, read in the order of their names; a later rule replaces an earlier one of the same id,
// so that a PTF can correct or add some without a new program. Codes decide first, words of a reply only choose among
// rules for the same codes: providers change their wording.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "payloads/faxmail/product/layout.hpp"
#include "payloads/faxmail/smtp/reply.hpp"

namespace faxmail {

/// What happened, and under which circumstances.
struct Finding {
  std::string phase;  // "resolve", "connect", "greeting", "TLS", "EHLO", "STARTTLS", "AUTH", "MAIL FROM", "RCPT TO", …
  std::string event;     // name of the error that ended the step (smtp_certificate), or empty
  int code = 0;          // 0: no reply
  std::string enhanced;  // "5.7.139" or empty
  std::string text;      // words of the reply, or the reason
  std::optional<bool> tls;
  std::string auth;  // mechanism of the login: "LOGIN", "XOAUTH2"; "none": not logged in; empty: unknown
  /// What sentences may name: server, port, user, sender, offered, reply and those of doctor_facts().
  std::map<std::string, std::string> facts;

  /// Of a reply in this phase.
  static Finding of(std::string_view phase, const Reply& reply);
  /// Of an error of the dialogue or of the token endpoint: its arguments are the facts.
  static Finding of(const dfi::Error& error);
};

struct Rule {
  std::string id, scope;
  std::vector<std::string> phases, enhanced, words, events, auth, hosts;
  std::vector<int> codes, ports;  // a code below 10 is a class: 4 = 4xx
  std::optional<bool> tls;
  std::string english, german;
};

struct Advice {
  std::string id;     // of the rule
  std::string scope;  // network, server, account, sender, message, recipient
  std::string text;   // one paragraph in the language asked for, facts put in
};

class Rules {
 public:
  /// The product's rules. Throws Error mail_rules_malformed or toml_malformed; without any file there are no rules.
  static Rules load(const Layout& layout);
  /// Those of all *.toml of a directory.
  static Rules read(const fs::path& directory);
  /// Adds the rules of one file.
  void add(const std::string& content, const fs::path& path);

  /// The advice of the rule that fits best, i.e. says most about this finding; nothing if none fits.
  std::optional<Advice> explain(const Finding& finding, dfi::Language language) const;
  const std::vector<Rule>& all() const { return rules_; }

 private:
  std::vector<Rule> rules_;
};

/// The names that may stand in braces in a sentence.
const std::vector<std::string>& doctor_facts();

}  // namespace faxmail
