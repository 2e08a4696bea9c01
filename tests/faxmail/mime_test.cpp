// SPDX-License-Identifier: Apache-2.0
// What we compose, read by somebody else's MIME parser.
#include <gmock/gmock.h>

#include <fstream>

#include "base/json.hpp"
#include "base/process.hpp"
#include "payloads/faxmail/message/encoding.hpp"
#include "payloads/faxmail/message/mail.hpp"
#include "tests/faxmail/product_fixture.hpp"

namespace faxmail::test {
namespace {

using testing::HasSubstr;

constexpr const char* reader = R"(
import email, email.policy, hashlib, json, sys
m = email.message_from_binary_file(open(sys.argv[1], "rb"), policy=email.policy.default)
def tree(part):
    if part.is_multipart(): return [part.get_content_subtype()] + [tree(p) for p in part.iter_parts()]
    content = part.get_payload(decode=True)
    return {"type": part.get_content_type(), "name": part.get_filename(), "cid": part["Content-ID"],
            "text": content.decode("utf-8", "replace"), "size": len(content)}
def addresses(name): return [[a.display_name, a.addr_spec] for a in m[name].addresses] if m[name] else []
json.dump({"subject": m["Subject"], "from": addresses("From"), "to": addresses("To"), "cc": addresses("Cc"),
           "reply": addresses("Reply-To"), "defects": [str(d) for p in m.walk() for d in p.defects], "body": tree(m)}, sys.stdout)
)";

Mail full_mail() {
  Mail mail;
  mail.from = parse_address("Faxgerät Köln <fax@example.com>");
  mail.to = {parse_address("\"Müller, Jürgen\" <j.mueller@example.com>"), parse_address("\"odd one\"@example.com")};
  mail.cc = {parse_address("c@straße.example")};
  mail.bcc = {parse_address("secret@example.com")};
  mail.reply_to = {parse_address("Büro <office@example.com>")};
  mail.subject = "Ihr Fax vom 11. August: Größenänderung der Überweisungsträger für das Geschäftsjahr, Seite 1 von 7";
  mail.text = "Grüße\n<tag> & more\n";
  mail.logo = Logo{"Häuser \"GmbH\"", "png", std::string(5000, '\x89')};
  mail.attachments = {{"Übersicht " + std::string(60, 'x') + " größer.pdf", "application/pdf", std::string(3000, '\0')},
                      {"a.tif", "image/tiff", "II*"}};
  mail.message_id = "<1@example.com>";
  mail.date = "Tue, 11 Aug 2020 12:34:56 +0000";
  return mail;
}

dfi::Json read_by_python(const std::string& message) {
  const Product product;
  const auto file = product.layout().root / "mail.eml", program = product.layout().root / "reader.py";
  std::ofstream(file, std::ios::binary) << message;
  std::ofstream(program) << reader;
  const auto result = dfi::run_program({"/usr/bin/python3", program, file}, {"PYTHONDONTWRITEBYTECODE=1"});
  EXPECT_EQ(result.status, 0) << result.output;
  return dfi::Json::parse(result.output);
}

TEST(Mime, IsReadByAnotherProgramAsItWasMeant) {
  if (!fs::exists("/usr/bin/python3")) GTEST_SKIP() << "python3 is not installed (scripts/setup)";
  const auto mail = full_mail();
  const auto seen = read_by_python(compose(mail));
  EXPECT_EQ(seen["defects"], dfi::Json::array());
  EXPECT_EQ(seen["subject"], mail.subject);
  EXPECT_EQ(seen["from"], dfi::Json::parse(R"([["Faxgerät Köln", "fax@example.com"]])"));
  EXPECT_EQ(seen["to"],
            dfi::Json::parse(R"([["Müller, Jürgen", "j.mueller@example.com"], ["", "\"odd one\"@example.com"]])"));
  EXPECT_EQ(seen["cc"][0][1], "c@xn--strae-oqa.example");
  EXPECT_EQ(seen["reply"], dfi::Json::parse(R"([["Büro", "office@example.com"]])"));
  const auto& mixed = seen["body"];
  ASSERT_EQ(mixed[0], "mixed");
  ASSERT_EQ(mixed[1][0], "alternative");
  EXPECT_EQ(mixed[1][1]["type"], "text/plain");
  EXPECT_EQ(mixed[1][1]["text"], "Grüße\r\n<tag> & more\r\n");
  ASSERT_EQ(mixed[1][2][0], "related");
  const auto& html = mixed[1][2][1];
  EXPECT_EQ(html["type"], "text/html");
  EXPECT_THAT(html["text"].get<std::string>(), HasSubstr("&lt;tag&gt; &amp; more"));
  const auto cid = mixed[1][2][2]["cid"].get<std::string>();
  EXPECT_THAT(html["text"].get<std::string>(), HasSubstr("src=\"cid:" + cid.substr(1, cid.size() - 2) + "\""));
  EXPECT_EQ(mixed[1][2][2]["size"], 5000);
  EXPECT_EQ(mixed[2]["name"], mail.attachments[0].name);
  EXPECT_EQ(mixed[2]["size"], 3000);
  EXPECT_EQ(mixed[3]["name"], "a.tif");
}

TEST(Mime, PutsTheLogoWhereTheTemplateWantsIt) {
  auto mail = full_mail();
  mail.logo->name = "House";
  mail.html = "<html><body><h1>x</h1>{logo}</body></html>";
  EXPECT_THAT(compose(mail), HasSubstr("<html><body><h1>x</h1><img src=\"cid:"));
  mail.html = "<html><body class=\"a\"><h1>x</h1></body></html>";
  EXPECT_THAT(compose(mail), HasSubstr("<body class=\"a\"><img src=\"cid:"));
  mail.logo.reset();
  mail.html = "<p>{logo}x</p>";
  const auto without = compose(mail);
  EXPECT_THAT(without, HasSubstr("<p>x</p>"));
  EXPECT_THAT(without, testing::Not(HasSubstr("related")));
}

TEST(Mime, TellsTheQueueWhatItNeeds) {
  auto mail = full_mail();
  auto ready = compose_ready(mail);
  EXPECT_THAT(ready.to, testing::ElementsAre("j.mueller@example.com", "\"odd one\"@example.com",
                                             "c@xn--strae-oqa.example", "secret@example.com"));
  EXPECT_THAT(ready.bytes, testing::Not(HasSubstr("secret")));
  EXPECT_FALSE(ready.smtputf8);
  EXPECT_FALSE(ready.eight_bit);
  mail.bcc = {parse_address("jürgen@example.com")};
  EXPECT_TRUE(compose_ready(mail).smtputf8);
}

TEST(Mime, LetsNoFieldAddAHeader) {
  for (const auto& spoil : std::vector<std::function<void(Mail&, const std::string&)>>{
           [](Mail&m, const std::string&x) { m.subject = x; }, [](Mail&m, const std::string&x) { m.from.name = x; },
           [](Mail&m, const std::string&x) { m.to[0].name = x; }, [](Mail&m, const std::string&x) { m.cc[0].name = x; },
           [](Mail&m, const std::string&x) { m.reply_to[0].name = x; },
           [](Mail&m, const std::string&x) { m.logo->name = x; },
           [](Mail&m, const std::string&x) { m.attachments[0].name = x; }})
    for (const std::string& evil : std::vector<std::string>{"x\r\nBcc: b@example.com", "x\nBcc: b@example.com",
                                                            "x\rBcc: b", std::string("x\0y", 3)}) {
      auto mail = full_mail();
      spoil(mail, evil);
      EXPECT_EQ(error_of([&] { compose(mail); }), "mail_header_unsafe");
    }
}

}  // namespace
}  // namespace faxmail::test
