// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/doctor/rules.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "base/file.hpp"
#include "payloads/faxmail/product/words.hpp"

namespace faxmail {
namespace {

std::string fact(const Finding& finding, const std::string& name) {
  const auto found = finding.facts.find(name);
  return found == finding.facts.end() || found->second.empty() ? std::string() : found->second;
}

/// What a met condition is worth: the more it says, the more. Nothing: the condition is not met.
using Worth = std::optional<int>;

Worth enhanced_worth(const Rule& rule, const Finding& finding) {
  if (contains(rule.enhanced, finding.enhanced)) return 16;
  for (const auto& code : rule.enhanced)
    if (code.back() == '.' && finding.enhanced.compare(0, code.size(), code) == 0) return 6;
  return rule.enhanced.empty() ? Worth(0) : std::nullopt;
}

Worth code_worth(const Rule& rule, const Finding& finding) {
  const auto holds = [&](int code) {
    return std::find(rule.codes.begin(), rule.codes.end(), code) != rule.codes.end();
  };
  if (rule.codes.empty()) return 0;
  if (holds(finding.code)) return 8;
  return holds(finding.code / 100) ? Worth(2) : std::nullopt;
}

Worth word_worth(const Rule& rule, const Finding& finding) {
  if (rule.words.empty()) return 0;
  const auto text = lower(finding.text);
  for (const auto& words : rule.words)
    if (text.find(lower(words)) != std::string::npos) return 14;
  // Codes are enough to believe in the rule, but any other that fits comes first.
  const bool only_words = rule.codes.empty() && rule.enhanced.empty() && rule.events.empty();
  return only_words ? std::nullopt : Worth(-100);
}

Worth list_worth(const std::vector<std::string>& list, const std::string& value, int worth) {
  if (list.empty()) return 0;
  return contains(list, value) ? Worth(worth) : std::nullopt;
}

Worth circumstances_worth(const Rule& rule, const Finding& finding) {
  int worth = 0;
  if (rule.tls && rule.tls != finding.tls) return std::nullopt;
  if (rule.tls) worth += 2;
  if (!rule.ports.empty()) {
    const int port = std::atoi(fact(finding, "port").c_str());
    if (std::find(rule.ports.begin(), rule.ports.end(), port) == rule.ports.end()) return std::nullopt;
    worth += 2;
  }
  if (!rule.hosts.empty()) {
    const auto server = lower(fact(finding, "server"));
    const auto is_suffix = [&](const std::string& host) {
      return server.size() >= host.size() && server.compare(server.size() - host.size(), host.size(), host) == 0 &&
             (server.size() == host.size() || host.front() == '.' || server[server.size() - host.size() - 1] == '.');
    };
    if (std::none_of(rule.hosts.begin(), rule.hosts.end(), is_suffix)) return std::nullopt;
    worth += 3;
  }
  return worth;
}

Worth worth_of(const Rule& rule, const Finding& finding) {
  int worth = 0;
  for (const auto& part : {enhanced_worth(rule, finding), code_worth(rule, finding), word_worth(rule, finding),
                           list_worth(rule.events, finding.event, 12), list_worth(rule.phases, finding.phase, 4),
                           list_worth(rule.auth, finding.auth, 3), circumstances_worth(rule, finding)}) {
    if (!part) return std::nullopt;
    worth += *part;
  }
  return worth;
}

std::string with_facts(const std::string& sentence, const Finding& finding) {
  std::string result;
  for (std::size_t at = 0; at < sentence.size();) {
    const auto close = sentence[at] == '{' ? sentence.find('}', at) : std::string::npos;
    const auto name = close == std::string::npos ? std::string() : sentence.substr(at + 1, close - at - 1);
    if (contains(doctor_facts(), name)) {
      auto value = fact(finding, name);
      at = close + 1;
      // A reply is a sentence of its own; ours goes on behind it.
      if (!value.empty() && value.back() == '.' && sentence.substr(at, 1).find_first_of(".:;,)") == 0) value.pop_back();
      result += value.empty() ? "-" : value;
    } else {
      result += sentence[at++];
    }
  }
  return result;
}

/// Of an old Exchange that offers no other: their names are the reason then.
bool windows_only(const std::string& offered) {
  std::istringstream words(offered);
  bool any = false;
  for (std::string word; words >> word; any = true) {
    if (word.back() == ',') word.pop_back();
    if (word != "NTLM" && word != "GSSAPI" && word != "NEGOTIATE") return false;
  }
  return any;
}

/// Errors that say by their name in which phase they happen.
std::string phase_of(const std::string& event) {
  static const std::map<std::string, std::string> phases{
      {"smtp_unresolved", "resolve"},    {"smtp_unreachable", "connect"},  {"smtp_port_implicit", "greeting"},
      {"smtp_port_plain", "TLS"},        {"smtp_certificate", "TLS"},      {"smtp_tls_failed", "TLS"},
      {"smtp_pin_mismatch", "TLS"},      {"smtp_tls_not_offered", "EHLO"}, {"smtp_injected", "STARTTLS"},
      {"smtp_auth_not_offered", "AUTH"}, {"smtp_login_refused", "AUTH"},   {"smtp_login_deferred", "AUTH"}};
  const auto found = phases.find(event);
  if (found != phases.end()) return found->second;
  return event.substr(0, 6) == "oauth_" ? "AUTH" : "";
}

}  // namespace

Finding Finding::of(std::string_view phase, const Reply& reply) {
  Finding finding;
  finding.phase = phase;
  finding.code = reply.code;
  finding.enhanced = reply.enhanced();
  finding.text = reply.text();
  finding.facts["reply"] = std::to_string(reply.code) + " " + finding.text;
  return finding;
}

Finding Finding::of(const dfi::Error& error) {
  Finding finding;
  finding.event = error.message().id.name;
  for (const auto& arg : error.message().args) finding.facts[arg.name] = arg.value;
  finding.phase = error.arg("phase").empty() ? phase_of(finding.event) : error.arg("phase");
  finding.code = std::atoi(error.arg("code").c_str());
  finding.auth = error.arg("mechanism");
  // The token endpoint's words stand in "description", ours in "reason".
  for (const char* name : {"reply", "description", "reason"})
    if (finding.text.empty()) finding.text = error.arg(name);
  if (finding.text.empty() && windows_only(error.arg("offered"))) finding.text = error.arg("offered");
  if (finding.code != 0) {
    finding.enhanced = Reply{finding.code, {finding.text}}.enhanced();
    finding.facts["reply"] = std::to_string(finding.code) + " " + finding.text;
  } else if (finding.facts["reply"].empty()) {
    finding.facts["reply"] = finding.text;
  }
  return finding;
}

Rules Rules::load(const Layout& layout) { return read(layout.product_object("share/doctor/rules.toml").parent_path()); }

Rules Rules::read(const fs::path& directory) {
  Rules rules;
  std::vector<fs::path> files;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(directory, none))
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& file : files) rules.add(dfi::read_file(file), file);
  return rules;
}

std::optional<Advice> Rules::explain(const Finding& finding, dfi::Language language) const {
  const Rule* best = nullptr;
  int most = 0;
  for (const auto& rule : rules_) {
    const auto worth = worth_of(rule, finding);
    if (!worth || (best && *worth <= most)) continue;
    best = &rule;
    most = *worth;
  }
  if (!best) return std::nullopt;
  return Advice{best->id, best->scope,
                with_facts(language == dfi::Language::german ? best->german : best->english, finding)};
}

const std::vector<std::string>& doctor_facts() {
  static const std::vector<std::string> names{"server", "port",   "user",    "sender",  "offered",  "reply",
                                              "reason", "issuer", "subject", "names",   "from",     "until",
                                              "now",    "wanted", "found",   "minimum", "endpoint", "phase"};
  return names;
}

}  // namespace faxmail
