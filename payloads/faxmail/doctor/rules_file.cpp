// SPDX-License-Identifier: Apache-2.0
// Reading share/doctor/*.toml, strictly: a rule with a typing error would be silent when it is needed.
#include <algorithm>
#include <set>

#include "base/toml.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/doctor/rules.hpp"

namespace faxmail {
namespace {

const std::set<std::string> known_phases{"resolve",   "connect", "greeting", "TLS",       "EHLO", "STARTTLS", "AUTH",
                                         "MAIL FROM", "RCPT TO", "DATA",     "final dot", "RSET", "QUIT"};
const std::set<std::string> known_scopes{"network", "server", "account", "sender", "message", "recipient"};

class RuleReader {
 public:
  RuleReader(const toml::table& table, const fs::path& path) : table_(table), path_(path) {}

  Rule read() {
    rule_.id = text("id");
    if (rule_.id.empty()) wrong("id");
    rule_.scope = text("scope");
    rule_.english = text("en");
    rule_.german = text("de");
    texts("phases", rule_.phases);
    texts("enhanced", rule_.enhanced);
    texts("words", rule_.words);
    texts("events", rule_.events);
    texts("auth", rule_.auth);
    texts("hosts", rule_.hosts);
    numbers("codes", rule_.codes);
    numbers("ports", rule_.ports);
    if (const auto* node = table_.get("tls")) rule_.tls = value<bool>(*node, "tls");
    for (const auto& [key, node] : table_)
      if (seen_.count(std::string(key.str())) == 0 && key != "tls") wrong(std::string(key.str()));
    require_sense();
    return std::move(rule_);
  }

 private:
  [[noreturn]] void wrong(const std::string& key) const {
    throw dfi::Error(dfi::msg::mail_rules_malformed,
                     {{"path", path_.string()}, {"reason", "[[rule]] " + rule_.id + ": " + key}});
  }

  template <class Type>
  Type value(const toml::node& node, const std::string& key) const {
    const auto found = node.value_exact<Type>();
    if (!found) wrong(key);
    return *found;
  }

  std::string text(const std::string& key) {
    seen_.insert(key);
    const auto* node = table_.get(key);
    return node ? value<std::string>(*node, key) : std::string();
  }

  const toml::array* array(const std::string& key) {
    seen_.insert(key);
    const auto* node = table_.get(key);
    if (node && (!node->is_array() || node->as_array()->empty())) wrong(key);
    return node ? node->as_array() : nullptr;
  }

  void texts(const std::string& key, std::vector<std::string>& into) {
    if (const auto* list = array(key))
      for (const auto& node : *list) into.push_back(value<std::string>(node, key));
    if (has_empty(into)) wrong(key);
  }

  static bool has_empty(const std::vector<std::string>& list) {
    return std::any_of(list.begin(), list.end(), [](const auto& entry) { return entry.empty(); });
  }

  void numbers(const std::string& key, std::vector<int>& into) {
    if (const auto* list = array(key))
      for (const auto& node : *list) into.push_back(static_cast<int>(value<std::int64_t>(node, key)));
  }

  void require_sense() const {
    if (rule_.english.empty() || rule_.german.empty()) wrong("en, de");
    if (known_scopes.count(rule_.scope) == 0) wrong("scope");
    for (const auto& phase : rule_.phases)
      if (known_phases.count(phase) == 0) wrong(phase);
    // Circumstances alone are no reason to say anything.
    if (rule_.codes.empty() && rule_.enhanced.empty() && rule_.events.empty() && rule_.words.empty()) wrong("codes");
    for (const auto& sentence : {rule_.english, rule_.german}) require_known_facts(sentence);
  }

  void require_known_facts(const std::string& sentence) const {
    for (auto at = sentence.find('{'); at != std::string::npos; at = sentence.find('{', at + 1)) {
      const auto name = sentence.substr(at + 1, std::min(sentence.find('}', at), sentence.size()) - at - 1);
      const auto& facts = doctor_facts();
      if (std::find(facts.begin(), facts.end(), name) == facts.end()) wrong("{" + name + "}");
    }
  }

  const toml::table& table_;
  const fs::path& path_;
  Rule rule_;
  std::set<std::string> seen_;
};

}  // namespace

void Rules::add(const std::string& content, const fs::path& path) {
  const auto document = dfi::parse_toml(content, path);
  std::set<std::string> ids;
  for (const auto& [key, node] : document) {
    const auto* list = key == "rule" ? node.as_array() : nullptr;
    if (!list)
      throw dfi::Error(dfi::msg::mail_rules_malformed, {{"path", path.string()}, {"reason", std::string(key.str())}});
    for (const auto& entry : *list) {
      const auto* table = entry.as_table();
      if (!table) throw dfi::Error(dfi::msg::mail_rules_malformed, {{"path", path.string()}, {"reason", "rule"}});
      auto rule = RuleReader(*table, path).read();
      if (!ids.insert(rule.id).second)
        throw dfi::Error(dfi::msg::mail_rules_malformed, {{"path", path.string()}, {"reason", rule.id}});
      const auto known = std::find_if(rules_.begin(), rules_.end(), [&](const Rule& r) { return r.id == rule.id; });
      if (known == rules_.end())
        rules_.push_back(std::move(rule));
      else
        *known = std::move(rule);
    }
  }
}

}  // namespace faxmail
