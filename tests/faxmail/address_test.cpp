// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/message/address.hpp"

#include <gmock/gmock.h>

#include "payloads/faxmail/message/encoded_words.hpp"
#include "payloads/faxmail/message/encoding.hpp"
#include "tests/faxmail/product_fixture.hpp"

namespace faxmail::test {
namespace {

using testing::ElementsAre;

std::vector<std::string> list(const std::string& text) {
  std::vector<std::string> shown;
  for (const auto& address : parse_address_list(text, "To"))
    shown.push_back(address.name.empty() ? address.spec : address.name + "|" + address.spec);
  return shown;
}

std::string spec(const std::string& text) { return parse_address(text).spec; }

TEST(Address, TurnsADomainInAnyScriptIntoALabels) {
  EXPECT_EQ(spec("fax@müller.example"), "fax@xn--mller-kva.example");
  EXPECT_EQ(spec("fax@MÜLLER.example"), "fax@xn--mller-kva.example");
  EXPECT_EQ(spec("fax@straße.example"), "fax@xn--strae-oqa.example");
  EXPECT_EQ(spec("fax@例え.example"), "fax@xn--r8jz45g.example");
}

TEST(Address, KeepsALocalPartInUtf8) { EXPECT_EQ(spec("Jürgen <jürgen@example.com>"), "jürgen@example.com"); }

TEST(Address, QuotesALocalPartOnlyWhereItMust) {
  EXPECT_EQ(spec("\"john smith\"@example.com"), "\"john smith\"@example.com");
  EXPECT_EQ(spec("\"john\"@example.com"), "john@example.com");
  EXPECT_EQ(spec("\"a\\\"b@c<d\"@example.com"), "\"a\\\"b@c<d\"@example.com");
  EXPECT_EQ(spec("\"..\"@example.com"), "\"..\"@example.com");
  EXPECT_EQ(domain_of(spec("\"a@b\"@example.com")), "example.com");
}

TEST(Address, TakesADomainLiteral) {
  EXPECT_EQ(spec("a@[192.0.2.1]"), "a@[192.0.2.1]");
  EXPECT_EQ(spec("a@[ipv6:2001:db8::1]"), "a@[IPv6:2001:db8::1]");
  for (const char* wrong :
       {"a@[192.0.2]", "a@[2001:db8::1]", "a@[IPv6:192.0.2.1]", "a@[]", "a@[192.0.2.1", "a@192.0.2.1]"})
    EXPECT_EQ(error_of([&] { spec(wrong); }), "mail_address_malformed") << wrong;
}

TEST(Address, KeepsToTheLengthsOfSmtp) {
  const std::string local(64, 'l'), label(63, 'd');
  EXPECT_EQ(spec(local + "@example.com"), local + "@example.com");
  EXPECT_EQ(spec("a@" + label + ".example"), "a@" + label + ".example");
  const auto long_domain = label + "." + label + "." + label + "." + std::string(50, 'e');
  EXPECT_EQ(spec("a@" + long_domain).size(), 244u);
  for (const auto& wrong : {"l" + local + "@example.com", "a@d" + label + ".example", "abcdefghijkl@" + long_domain})
    EXPECT_EQ(error_of([&] { spec(wrong); }), "mail_address_malformed") << wrong;
}

TEST(Address, RefusesWhatIsNoHostName) {
  for (const char* wrong : {"a@-example.com", "a@example-.com", "a@.example.com", "a@example.com.", "a@exam;ple.com",
                            "a@xn--\x20.com", "a@exa\\mple.com", "a@b@example.com", "\"open@example.com",
                            "a b@example.com", "\"a\"b c@example.com", "a@exämple\\.com"})
    EXPECT_EQ(error_of([&] { spec(wrong); }), "mail_address_malformed") << wrong;
  EXPECT_EQ(error_of([] { spec("a@\xff.example"); }), "mail_not_utf8");
}

TEST(AddressList, ReadsNamesCommentsAndGroups) {
  EXPECT_THAT(list("a@example.com, B <b@example.com>,\"Müller, J.\" <c@example.com>"),
              ElementsAre("a@example.com", "B|b@example.com", "Müller, J.|c@example.com"));
  EXPECT_THAT(list("d@example.com (Doris (home)), (x) e@example.com (y) , f@example.com(F)"),
              ElementsAre("Doris (home)|d@example.com", "y|e@example.com", "F|f@example.com"));
  EXPECT_THAT(list("Friends: a@example.com, B <b@example.com>;, c@example.com, Empty:;"),
              ElementsAre("a@example.com", "B|b@example.com", "c@example.com"));
  EXPECT_THAT(list("undisclosed-recipients:;"), ElementsAre());
  EXPECT_THAT(list(" , ,a@example.com,,"), ElementsAre("a@example.com"));
  EXPECT_THAT(list("J. R. Smith <@relay.example,@b.example:j@example.com>"), ElementsAre("J. R. Smith|j@example.com"));
  EXPECT_THAT(list("\"a b\"@example.com, <\"c,d\"@example.com>"),
              ElementsAre("\"a b\"@example.com", "\"c,d\"@example.com"));
}

TEST(AddressList, DecodesEncodedNames) {
  EXPECT_THAT(list("=?UTF-8?Q?J=C3=BCrgen?= =?UTF-8?B?IE3DvGxsZXI=?= <a@example.com>"),
              ElementsAre("Jürgen Müller|a@example.com"));
  EXPECT_THAT(list("=?iso-8859-1?q?Gr=FC=DFe_an?= B <a@example.com>"), ElementsAre("Grüße an B|a@example.com"));
}

TEST(AddressList, RefusesHalfAddressesAndNamesThem) {
  for (const char* wrong :
       {"a", "a@", "@example.com", "a@example.com b@example.com", "<a@example.com", "A: B: c@example.com;;",
        "G: a@example.com", "(open a@example.com", "a@example.com <b@example.com>", "<>", "a@example.com;",
        "A <a@example.com> B", "\"x <a@example.com>"})
    EXPECT_EQ(error_of([&] { list(wrong); }), "mail_address_malformed") << wrong;
  try {
    list("a@example.com, half@, b@example.com");
    FAIL();
  } catch (const dfi::Error& error) {
    EXPECT_EQ(error.arg("address"), "half@");
  }
  EXPECT_EQ(error_of([] { list("a@example.com\rBcc: b@example.com"); }), "mail_header_unsafe");
}

TEST(EncodedWords, AreReadAsTheyAreWritten) {
  for (const std::string text :
       {"Grüße aus Köln", "plain", "=?", "=?UTF-8?Q?", "a =?x?= b", "€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€"}) {
    std::string unfolded;
    for (const char c : encode_header_text(text, 9))
      if (c != '\r' && c != '\n') unfolded += c;
    EXPECT_EQ(decode_words(unfolded), text);
  }
}

TEST(EncodedWords, KeepWhatTheyCannotRead) {
  for (const char* odd : {"=?nonsense?B?YQ==?=", "=?UTF-8?B?Y?=", "=?UTF-8?Q?=G0?=", "=?UTF-8?Q?=C3?=", "=?UTF-8?X?a?=",
                          "=?UTF-8?Q?a b?="})
    EXPECT_EQ(decode_words(odd), odd);
}

TEST(EncodedWords, JoinACharacterThatWasCutBetweenTwoWords) {
  EXPECT_EQ(decode_words("=?UTF-8?Q?=C3?= =?UTF-8?Q?=BC?="), "ü");
}

TEST(EncodedWords, CannotHideALineBreak) {
  EXPECT_EQ(decode_words("=?UTF-8?Q?a=0D=0ABcc:_b?="), "a  Bcc: b");
  EXPECT_EQ(parse_address_list("=?UTF-8?B?YQ0KQmNjOiBi?= <a@example.com>", "To")[0].name, "a  Bcc: b");
}

TEST(Base64, IsReadStrictly) {
  for (const std::string bytes : {"", "a", "ab", "abc", "\xff\xfe"}) EXPECT_EQ(unbase64(base64(bytes)), bytes);
  for (const char* wrong : {"a", "ab", "abc", "=abc", "ab=c", "a===", "ab\n=", "abc=="})
    EXPECT_FALSE(unbase64(wrong)) << wrong;
}

}  // namespace
}  // namespace faxmail::test
