// SPDX-License-Identifier: Apache-2.0
// Whatever leaves the house: no secret, no name; the rest stays readable.
#include "base/redactor.hpp"

#include <gmock/gmock.h>

#include "base/base64.hpp"
#include "tests/base/scratch.hpp"

namespace dfi::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string everything(const std::string& text) { return Redactor(Redactor::Extent::names_too).clean("x", text); }

TEST(Redaction, TakesOutAKnownSecretInEveryForm) {
  const std::string secret = "pa\"55 w\\0rd-geheim";
  Redactor redactor;
  redactor.add(secret);
  const auto json = Json{{"said", "it is " + secret}}.dump();
  for (const auto& text :
       {secret, base64(secret), base64(std::string("\0user\0", 6) + secret), base64("u:" + secret), json})
    EXPECT_THAT(redactor.clean("x", "before " + text + " behind"), HasSubstr("***")) << text;
  EXPECT_EQ(redactor.clean("x", "said: " + secret + "."), "said: ***.");
  EXPECT_THAT(redactor.clean("x", json), Not(HasSubstr("geheim")));
  EXPECT_EQ(redactor.apply("<" + secret + ">"), "<***>");
}

TEST(Redaction, LeavesShortSecretsToTheirKeys) {
  Redactor redactor;
  redactor.add("abc");
  EXPECT_EQ(redactor.clean("x", "abc password=abc"), "abc password=***");
}

TEST(Redaction, TakesOutWhatAKeyCallsASecret) {
  EXPECT_EQ(everything("password = \"x y\" port = 25"), "password = \"***\" port = 25");
  EXPECT_EQ(everything("{\"client_secret\":\"a\\\"b\",\"user\":\"u\"}"), "{\"client_secret\":\"***\",\"user\":\"u\"}");
  EXPECT_EQ(everything("POST ?access_token=abc&x=1"), "POST ?access_token=***&x=1");
  EXPECT_EQ(everything("Passwort: geheim"), "Passwort: ***");
  EXPECT_EQ(everything("password_file = \"password\""), "password_file = \"password\"");
  EXPECT_EQ(everything("oauth_secret_expires = 2027-03-31"), "oauth_secret_expires = 2027-03-31");
}

TEST(Redaction, TakesOutTokensAndAuthLines) {
  EXPECT_EQ(everything("Authorization: Basic dXNlcjpwYXNz"), "Authorization: ***");
  EXPECT_EQ(everything("sent Bearer ya29.a0Af_x, then"), "sent Bearer ***, then");
  EXPECT_EQ(everything("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_d here"), "got *** here");
  EXPECT_EQ(everything("C: AUTH PLAIN AHVzZXIAcGFzcw=="), "C: AUTH PLAIN ***");
  EXPECT_EQ(everything("S: 250-AUTH PLAIN LOGIN XOAUTH2"), "S: 250-AUTH PLAIN LOGIN XOAUTH2");
  EXPECT_EQ(everything("a\n-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\nb\n"),
            "a\n***\n***\n***\nb\n");
}

TEST(Redaction, NumbersAddressesAndHostsSoThatTheyCanBeFollowed) {
  EXPECT_EQ(everything("from <fax@example.com> to b@example.org, again FAX@example.com."),
            "from <[address 1]> to [address 2], again [address 1].");
  EXPECT_EQ(everything("\"John Doe\"@example.com müller@example.com x@[192.0.2.1]"),
            "[address 1] [address 2] [address 3]");
  EXPECT_EQ(everything("smtp.example.com:587 and 192.0.2.7, 2001:db8::1, SMTP.example.com."),
            "[host 1]:587 and [host 2], [host 3], [host 1].");
  EXPECT_EQ(everything("https://repo/releases and http://localhost:80/ 127.0.0.1 ::1"),
            "https://[host 1]/releases and http://localhost:80/ 127.0.0.1 ::1");
  Redactor redactor(Redactor::Extent::names_too);
  redactor.add_host("mailhost");
  EXPECT_EQ(redactor.clean("x", "MAILHOST: mailhosts"), "[host 1]: mailhosts");
}

TEST(Redaction, LeavesTimesVersionsFilesAndTablesAlone) {
  for (const char* text : {"2026-11-28T01:02:03.456Z", "5.92 → 6.06.g3", "var/opt/demo/FAXSTAT.original",
                           "journal.db faxmaild.service", "main.FAXKA o.LGID dfi_test.tmpabc",
                           "std::exception dfi::Error", "z.B. d.h. e.g. this.", "Linux 6.1.0-18-amd64 x86_64"})
    EXPECT_EQ(everything(text), text);
}

TEST(Redaction, KeepsNamesInsideTheHouse) {
  EXPECT_EQ(Redactor().clean("x", "a@example.com at smtp.example.com, password=x"),
            "a@example.com at smtp.example.com, password=***");
}

TEST(Redaction, MasksTheDumpOfARecord) {
  EXPECT_EQ(everything("record 5\n    000000  F1 F2 F3                                         |123|\nend\n"),
            "record 5\n    ***\nend\n");
}

TEST(Redaction, CountsByPlaceAndKindAndNeverNamesTheValue) {
  Redactor redactor(Redactor::Extent::names_too);
  redactor.add("hunter22");
  redactor.clean("b.txt", "hunter22 a@example.com c@example.com");
  redactor.clean_json("a.json", Json{{"password", "x"}, {"log", {"Bearer abcdef", "hunter22"}}});
  EXPECT_EQ(masked_text(redactor.masked()), "a.json: 2 secret, 1 token\nb.txt: 1 secret, 2 address\n");
  EXPECT_EQ(masked_json(redactor.masked())[0], (Json{{"part", "a.json"}, {"kind", "secret"}, {"count", 2}}));
}

TEST(Redaction, CountsOnlyWhatCanBeSeen) {
  Redactor redactor;
  redactor.add("hunter22");
  EXPECT_EQ(redactor.clean("x", "AUTH PLAIN " + base64("hunter22hunter22") + "\nhunter22"), "AUTH PLAIN ***\n***");
  EXPECT_EQ(masked_text(redactor.masked()), "x: 1 secret, 1 auth\n");
}

TEST(Redaction, RefusesWhatIsNoUtf8) {
  Redactor redactor;
  EXPECT_EQ(error_of([&] { redactor.clean("x", "\xff\xfe"); }), "not_redactable");
}

TEST(Redaction, ShowsOfAConfigurationOnlyWhatIsKnownAndNoSecret) {
  Redactor redactor(Redactor::Extent::names_too);
  const auto known = [](const std::string& key) { return key == "port" || key == "user" || key == "password_command"; };
  const auto text = redacted_toml(
      redactor, "c.toml",
      "# old password: hidden1\nport = \"25\"\nuser = \"a@example.com\"\npasword = "
      "\"hidden2\"\n[account.x]\npassword_command = \"/bin/echo hidden3\"\n[account.y]\npassword_command = \"\"\n",
      known);
  EXPECT_THAT(text, Not(HasSubstr("hidden")));
  EXPECT_THAT(text, HasSubstr("port = '25'"));
  EXPECT_THAT(text, HasSubstr("user = '[address 1]'"));
  EXPECT_THAT(text, HasSubstr("account.x.password_command = ***"));
  EXPECT_THAT(text, HasSubstr("account.y.password_command = ''"))
      << "that there is none is no secret, and helps the hotline";
  EXPECT_EQ(error_of([&] { redacted_toml(redactor, "c.toml", "a = [[", known); }), "toml_malformed");
}

}  // namespace
}  // namespace dfi::test
