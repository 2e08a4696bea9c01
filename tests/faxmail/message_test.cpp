// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <fstream>

#include "payloads/faxmail/message/encoding.hpp"
#include "payloads/faxmail/message/mail.hpp"
#include "tests/faxmail/product_fixture.hpp"

namespace faxmail::test {
namespace {

using testing::HasSubstr;

Mail sample() {
  Mail mail;
  mail.from = parse_address("Fax Server <fax@example.com>");
  mail.to = {parse_address("\"Müller, Jürgen\" <j.mueller@example.com>"), parse_address("b@example.com")};
  mail.subject = "Report";
  mail.text = "one\ntwo\r\nthree\rfour";
  mail.message_id = "<1@example.com>";
  mail.date = "Tue, 11 Aug 2020 12:34:56 +0000";
  return mail;
}

TEST(Mail, HasEveryLineEndedByCrLf) {
  const auto message = compose(sample());
  EXPECT_THAT(message, HasSubstr("\r\n\r\none\r\ntwo\r\nthree\r\nfour\r\n"));
  for (std::size_t i = 0; i < message.size(); ++i) {
    if (message[i] == '\n') {
      EXPECT_EQ(message[i - 1], '\r');
    }
    if (message[i] == '\r') {
      EXPECT_EQ(message[i + 1], '\n');
    }
  }
}

TEST(Mail, IsAsciiInShortLinesWhateverItCarries) {
  auto mail = sample();
  mail.subject = std::string(300, 'x') + "ÄÖÜ€";
  mail.text = std::string(5000, 'y') + "ß";
  mail.attachments = {{std::string(90, 'n') + "ü.pdf", "application/pdf", std::string(1000, '\xff')}};
  const auto message = compose(mail);
  EXPECT_TRUE(is_ascii(message));
  std::size_t start = 0;
  for (auto end = message.find("\r\n"); end != std::string::npos; start = end + 2, end = message.find("\r\n", start))
    EXPECT_LE(end - start, 78u) << message.substr(start, end - start);
}

TEST(Mail, RefusesAHeaderThatWouldAddLines) {
  auto mail = sample();
  mail.subject = "Report\r\nBcc: victim@example.com";
  EXPECT_EQ(error_of([&] { compose(mail); }), "mail_header_unsafe");
  EXPECT_EQ(error_of([] { parse_address("a@example.com\r\nDATA"); }), "mail_header_unsafe");
  EXPECT_EQ(error_of([] { parse_address("Name\n <a@example.com>"); }), "mail_header_unsafe");
}

TEST(Mail, RefusesTextThatIsNotUtf8) {
  auto mail = sample();
  mail.text = "Gr\xfc\xdf";
  EXPECT_EQ(error_of([&] { compose(mail); }), "mail_not_utf8");
}

TEST(Address, TakesANameAndRefusesWhatCannotStandInACommand) {
  const auto address = parse_address(" \"A \" <a.b+c@mail.example.com> ");
  EXPECT_EQ(address.spec, "a.b+c@mail.example.com");
  EXPECT_EQ(address.name, "A ");
  for (const char* wrong : {"", "a", "@example.com", "a@", "a b@example.com", "a@exa mple.com", "a@b@example.com",
                            "a@example..com", ".a@example.com", "a@example.com>", "<a@example.com> x"})
    EXPECT_EQ(error_of([&] { parse_address(wrong); }), "mail_address_malformed") << wrong;
}

TEST(Encoding, WritesNonAsciiHeadersAsEncodedWords) {
  EXPECT_EQ(encode_header_text("Grüße", 9), "=?UTF-8?B?R3LDvMOfZQ==?=");
  EXPECT_EQ(encode_header_text("plain text", 9), "plain text");
  EXPECT_THAT(encode_header_text("looks like =?UTF-8?Q?this?=", 9), HasSubstr("=?UTF-8?B?"));
  EXPECT_EQ(encode_phrase("Dr. No"), "\"Dr. No\"");
}

TEST(Encoding, NeverCutsACharacterBetweenTwoEncodedWords) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "€";
  const auto encoded = encode_header_text(text, 9);
  EXPECT_THAT(encoded, HasSubstr("?=\r\n =?UTF-8?B?"));
  EXPECT_THAT(encoded, HasSubstr(base64("€€€€€€€€€€€€")));
}

TEST(Encoding, WritesFileNamesAsRfc2231) {
  EXPECT_EQ(encode_parameter("filename", "a \"b\".pdf"), ";\r\n filename=\"a \\\"b\\\".pdf\"");
  EXPECT_EQ(encode_parameter("filename", "ü.pdf"), ";\r\n filename*=UTF-8''%C3%BC.pdf");
  const auto parts = encode_parameter("filename", std::string(40, 'x') + "üüüüüü.tif");
  EXPECT_THAT(parts, HasSubstr(";\r\n filename*0*=UTF-8''"));
  EXPECT_THAT(parts, HasSubstr(";\r\n filename*1*="));
}

TEST(Encoding, TellsUtf8FromOtherBytes) {
  EXPECT_TRUE(is_utf8("äß€😀"));
  for (const char* wrong : {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\xfc"})
    EXPECT_FALSE(is_utf8(wrong));
}

TEST(Attachment, IsAPdfOrTifFile) {
  const Product product;
  for (const auto& [name, type] :
       {std::pair{"a.pdf", "application/pdf"}, {"b.TIF", "image/tiff"}, {"c.tiff", "image/tiff"}}) {
    const auto file = product.layout().root / name;
    std::ofstream(file) << "content";
    EXPECT_EQ(Attachment::read(file).type, type);
    EXPECT_EQ(Attachment::read(file).content, "content");
  }
  EXPECT_EQ(error_of([] { Attachment::read("letter.doc"); }), "mail_attachment_kind");
  EXPECT_EQ(error_of([] { Attachment::read("/nowhere/a.pdf"); }), "path_missing");
}

}  // namespace
}  // namespace faxmail::test
