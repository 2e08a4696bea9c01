// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <fstream>
#include <set>

#include "base/toml.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/doctor/rules.hpp"
#include "tests/faxmail/product_fixture.hpp"

namespace faxmail::test {
namespace {

using dfi::Language;
using testing::HasSubstr;

/// A literal answer of a server, or the reason of a failed step, and the rule it must lead to.
struct Row {
  std::string rule, phase, reply, event, reason, auth, server;
  std::vector<std::string> named;  // what the sentence must name, in both languages
  std::optional<bool> tls;
};

const std::vector<Row>& all_rows() {
  static const auto rows = [] {
    std::vector<Row> list;
    const auto document = dfi::read_toml(DOCTOR_ROWS);
    for (const auto& node : *document["row"].as_array()) {
      const auto& table = *node.as_table();
      const auto text = [&](const char* key) { return table[key].value_or(std::string()); };
      list.push_back({text("rule"),
                      text("phase"),
                      text("reply"),
                      text("event"),
                      text("reason"),
                      text("auth"),
                      table["server"].value_or(std::string("mail.example.com")),
                      {},
                      table["tls"].value<bool>()});
      for (const auto& named : *table["named"].as_array()) list.back().named.push_back(named.value_or(std::string()));
    }
    return list;
  }();
  return rows;
}

std::string lowered(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return text;
}

const Rules& delivered() {
  static const Rules rules = Rules::load(Layout{});
  return rules;
}

Finding finding_of(const Row& row) {
  dfi::Args args{{"server", row.server},
                 {"port", "587"},
                 {"reason", row.reason},
                 {"issuer", "CN = Issuer"},
                 {"names", "mx.example.net"},
                 {"from", "2026-01-01"},
                 {"until", "2026-02-01"},
                 {"now", "2026-11-23"},
                 {"found", "abcd"},
                 {"minimum", "1.2"},
                 {"wanted", "*CRAMMD5"},
                 {"subject", "CN = Subject"},
                 {"endpoint", "https://login.example.com/token"}};
  if (!row.phase.empty()) args.push_back({"phase", row.phase});
  auto finding = row.event.empty()
                     ? Finding()
                     : Finding::of(dfi::Error(dfi::find_message(row.event).value_or(dfi::msg::smtp_protocol), args));
  finding.event = row.event;
  if (!row.reply.empty()) {
    ReplyParser parser;
    parser.feed(row.reply + "\r\n");
    const auto event = finding.event;
    finding = Finding::of(row.phase, parser.next("peer", row.phase).value());
    finding.event = event;
  }
  for (const auto& arg : args)
    if (arg.name != "reply") finding.facts[arg.name] = arg.value;
  finding.facts["user"] = "u@example.com";
  finding.facts["sender"] = "s@example.com";
  finding.facts["offered"] = "LOGIN XOAUTH2";
  finding.auth = row.auth;
  finding.tls = row.tls;
  return finding;
}

TEST(Doctor, ExplainsEveryLiteralAnswerInBothLanguages) {
  for (const auto& row : all_rows()) {
    const auto finding = finding_of(row);
    const auto english = delivered().explain(finding, Language::english);
    const auto german = delivered().explain(finding, Language::german);
    const auto what = row.rule + ": " + row.phase + " " + row.event + " " + row.reply + row.reason;
    ASSERT_TRUE(english && german) << what;
    EXPECT_EQ(english->id, row.rule) << what;
    EXPECT_EQ(german->id, english->id);
    EXPECT_NE(german->text, english->text) << what;
    for (const auto& advice : {*english, *german}) {
      EXPECT_THAT(advice.text, testing::Not(testing::HasSubstr("{"))) << what;
      for (const auto& named : row.named) EXPECT_THAT(lowered(advice.text), HasSubstr(lowered(named))) << what;
    }
  }
}

TEST(Doctor, HasALiteralAnswerForEveryRule) {
  std::set<std::string> proven;
  for (const auto& row : all_rows()) proven.insert(row.rule);
  for (const auto& rule : delivered().all()) EXPECT_EQ(proven.count(rule.id), 1u) << "no row for " << rule.id;
  EXPECT_EQ(proven.size(), delivered().all().size());
}

TEST(Doctor, BelievesCodesMoreThanWords) {
  Row row;
  row.phase = "AUTH";
  row.reply = "535 5.7.139 Etwas ganz anderes";
  row.auth = "LOGIN";
  EXPECT_EQ(delivered().explain(finding_of(row), Language::english)->id, "m365-login-off");
  row.reply = "550 5.7.60 reworded";
  row.phase = "final dot";
  EXPECT_EQ(delivered().explain(finding_of(row), Language::english)->id, "send-as");
}

TEST(Doctor, SaysNothingWhereItKnowsNothing) {
  EXPECT_FALSE(delivered().explain(Finding::of("RSET", Reply{250, {"ok"}}), Language::english));
  EXPECT_FALSE(Rules().explain(Finding::of("AUTH", Reply{535, {"no"}}), Language::english));
}

TEST(Doctor, TakesItsFactsFromAnError) {
  const auto finding =
      Finding::of(dfi::Error(dfi::msg::smtp_login_refused, {{"server", "smtp.office365.com"},
                                                            {"user", "u@example.com"},
                                                            {"mechanism", "XOAUTH2"},
                                                            {"code", "535"},
                                                            {"reply", "5.7.3 Authentication unsuccessful"}}));
  EXPECT_EQ(finding.phase, "AUTH");
  EXPECT_EQ(finding.enhanced, "5.7.3");
  const auto advice = delivered().explain(finding, Language::english);
  EXPECT_EQ(advice->id, "m365-token");
  EXPECT_THAT(advice->text, HasSubstr("mailbox u@example.com"));
}

TEST(Doctor, TakesAReplyFromAServerOnlyAsText) {
  auto finding = Finding::of("MAIL FROM", Reply{530, {"5.7.0 {user} {nonsense}"}});
  finding.facts["user"] = "u@example.com";
  EXPECT_THAT(delivered().explain(finding, Language::english)->text, HasSubstr("530 5.7.0 {user} {nonsense}"));
}

constexpr const char* one_rule = R"(
[[rule]]
id = "x"
codes = [535]
scope = "account"
en = "english {server}"
de = "deutsch {server}"
)";

TEST(DoctorRules, OfALaterFileReplaceThoseOfTheSameId) {
  Rules rules = delivered();
  const auto before = rules.all().size();
  rules.add(
      "[[rule]]\nid = \"m365-password\"\ncodes = [535]\nenhanced = [\"5.7.3\"]\nscope = \"account\"\nen = \"new\"\nde "
      "= \"neu\"\n",
      "ptf.toml");
  EXPECT_EQ(rules.all().size(), before);
  EXPECT_EQ(rules.explain(Finding::of("AUTH", Reply{535, {"5.7.3 no"}}), Language::german)->text, "neu");
  rules.add(one_rule, "ptf2.toml");
  EXPECT_EQ(rules.all().size(), before + 1);
}

TEST(DoctorRules, AreReadFromAllFilesInTheOrderOfTheirNames) {
  const Product product;
  const auto directory = product.layout().root / "doctor";
  fs::create_directory(directory);
  std::string later = one_rule;
  later.replace(later.find("english"), 7, "changed");
  std::ofstream(directory / "rules-6.06.toml") << later;
  std::ofstream(directory / "rules.bak") << "no rules";
  std::ofstream(directory / "0.toml") << one_rule;
  const auto rules = Rules::read(directory);
  ASSERT_EQ(rules.all().size(), 1u);
  EXPECT_EQ(rules.all()[0].english, "changed {server}");
  EXPECT_TRUE(Rules::read(directory / "nowhere").all().empty());
}

TEST(DoctorRules, AreReadStrictly) {
  const std::string good = one_rule;
  const auto broken = [&](const std::string& from, const std::string& to) {
    auto text = good;
    text.replace(text.find(from), from.size(), to);
    return error_of([&] { Rules().add(text, "rules.toml"); });
  };
  EXPECT_EQ(broken("codes = [535]", "codes = [535]"), "nothing");
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"id = \"x\"", ""},
                                                        {"[535]", "535"},
                                                        {"[535]", "[\"535\"]"},
                                                        {"[535]", "[]"},
                                                        {"codes = [535]", ""},
                                                        {"codes", "code"},
                                                        {"account", "accounts"},
                                                        {"{server}", "{serber}"},
                                                        {"de = ", "fr = "},
                                                        {"codes = [535]", "codes = [535]\nphases = [\"HELLO\"]"},
                                                        {"codes = [535]", "words = [\"\"]"},
                                                        {"codes = [535]", "codes = [535]\ntls = \"yes\""},
                                                        {"[[rule]]", "[[rules]]"},
                                                        {"[[rule]]", "[rule]"}})
    EXPECT_EQ(broken(from, to), "mail_rules_malformed") << from << " -> " << to;
  EXPECT_EQ(error_of([&] { Rules().add(good + good, "rules.toml"); }), "mail_rules_malformed");
}

}  // namespace
}  // namespace faxmail::test
