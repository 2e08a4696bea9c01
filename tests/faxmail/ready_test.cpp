// SPDX-License-Identifier: Apache-2.0
// Messages that other programs hand over complete.
#include "payloads/faxmail/message/ready.hpp"

#include <gmock/gmock.h>

#include "payloads/faxmail/message/encoding.hpp"
#include "payloads/faxmail/message/header.hpp"
#include "tests/faxmail/product_fixture.hpp"

namespace faxmail::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Handover handover(bool header_recipients = false) {
  Handover handover;
  if (!header_recipients) handover.to = {parse_address("a@example.com")};
  handover.header_recipients = header_recipients;
  handover.default_sender = [] { return parse_address("Fax <fax@example.com>"); };
  return handover;
}

ReadyMessage read(const std::string& text, const Handover& with = handover()) { return read_message(text, with); }
ReadyMessage read_t(const std::string& text) { return read_message(text, handover(true)); }

dfi::Error error_reading(const std::string& text, const Handover& with = handover()) {
  try {
    read(text, with);
  } catch (const dfi::Error& error) {
    return error;
  }
  throw std::runtime_error("was accepted: " + text);
}

const std::string complete =
    "From: A <a@example.com>\r\nTo: b@example.com\r\nDate: Tue, 11 Aug 2020 12:34:56 +0000\r\n"
    "Message-ID: <1@example.com>\r\nSubject: Report\r\n\r\nText\r\n.\r\n..\r\n";

TEST(Ready, LeavesACompleteMessageAsItIs) {
  const auto ready = read(complete);
  EXPECT_EQ(ready.bytes, complete);
  EXPECT_EQ(ready.from, "a@example.com");
  EXPECT_EQ(ready.message_id, "<1@example.com>");
  EXPECT_EQ(ready.subject, "Report");
  EXPECT_FALSE(ready.eight_bit);
  EXPECT_FALSE(ready.smtputf8);
}

TEST(Ready, MakesEveryLineEndCrLf) {
  std::string unix;
  for (const char c : complete)
    if (c != '\r') unix += c;
  EXPECT_EQ(read(unix).bytes, complete);
  EXPECT_THAT(read("Subject: x\n\none\rtwo\nthree").bytes, HasSubstr("\r\n\r\none\r\ntwo\r\nthree\r\n"));
  EXPECT_THAT(read("Subject: x\r\n\r\na\r\r\nb").bytes, HasSubstr("\r\n\r\na\r\n\r\nb\r\n"));
}

TEST(Ready, RefusesNulAndNamesItsLine) {
  const auto error = error_reading(std::string("Subject: x\n\none\ntw\0o\n", 21));
  EXPECT_EQ(error.message().id.name, "mail_message_nul");
  EXPECT_EQ(error.arg("line"), "4");
}

TEST(Ready, RefusesAnOverlongLineOfALabelledBodyAndNamesIt) {
  const std::string head = "MIME-Version: 1.0\nContent-Type: text/plain\n\nshort\n";
  EXPECT_THAT(read(head + std::string(998, 'x') + "\n").bytes, HasSubstr(std::string(998, 'x')));
  const auto error = error_reading(head + std::string(999, 'x') + "\n");
  EXPECT_EQ(error.message().id.name, "mail_message_line_long");
  EXPECT_EQ(error.arg("line"), "5");
  EXPECT_EQ(error.arg("length"), "999");
}

TEST(Ready, EncodesABodyNobodyHasLabelled) {
  const auto ready = read("Subject: x\n\nGrüße\n" + std::string(2000, 'y') + "\n");
  EXPECT_TRUE(is_ascii(ready.bytes));
  EXPECT_FALSE(ready.eight_bit);
  EXPECT_THAT(ready.bytes, HasSubstr("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n"));
  EXPECT_THAT(ready.bytes, HasSubstr(base64("Grüße\r\n").substr(0, 9)));
  EXPECT_THAT(read("Subject: x\n\nGr\xfc\xdf\n").bytes, HasSubstr("charset=unknown-8bit"));
}

TEST(Ready, TellsWhatNeedsAnEightBitServer) {
  EXPECT_TRUE(read("MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\nGrüße\n").eight_bit);
  EXPECT_FALSE(read("MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\nGruss\n").eight_bit);
}

TEST(Ready, EncodesRawUtf8OfSubjectAndNames) {
  const auto ready =
      read("From: Jürgen <j@example.com>\nSubject: Grüße\nX-Note: für\nTo: Bär <b@example.com>, c@example.com\n\nx\n");
  EXPECT_TRUE(is_ascii(ready.bytes));
  EXPECT_FALSE(ready.smtputf8);
  EXPECT_EQ(ready.subject, "Grüße");
  EXPECT_THAT(ready.bytes, HasSubstr("Subject: =?UTF-8?B?R3LDvMOfZQ==?=\r\n"));
  EXPECT_THAT(ready.bytes, HasSubstr("<b@example.com>,\r\n c@example.com\r\n"));
}

TEST(Ready, TellsWhatNeedsSmtputf8) {
  EXPECT_TRUE(read("To: jürgen@example.com\n\nx\n").smtputf8);
  EXPECT_TRUE(read_t("To: jürgen@example.com\n\nx\n").smtputf8);
  EXPECT_TRUE(read("List-Id: für alle <list.example.com>\n\nx\n").smtputf8);
  const auto idn = read_t("To: a@müller.example\n\nx\n");
  EXPECT_FALSE(idn.smtputf8) << idn.bytes;
  EXPECT_THAT(idn.to, ElementsAre("a@xn--mller-kva.example"));
  EXPECT_EQ(error_reading("Subject: Gr\xfc\xdf\n\nx\n").message().id.name, "mail_not_utf8");
}

TEST(Ready, NeverLetsABccOut) {
  for (const char* name : {"Bcc", "bcc", "BCC ", "Resent-Bcc"}) {
    const auto ready =
        read(std::string("To: a@example.com\n") + name + ": secret@example.com,\n other@example.com\n\nx\n");
    EXPECT_THAT(ready.bytes, Not(HasSubstr("secret")));
    EXPECT_THAT(ready.bytes, Not(HasSubstr("other")));
  }
  EXPECT_THAT(read("Return-Path: <x@example.com>\nSubject: y\n\nx\n").bytes, Not(HasSubstr("Return-Path")));
}

TEST(Ready, TakesRecipientsFromToCcAndBcc) {
  const auto ready = read_t(
      "To: A <a@example.com>, Team: b@example.com, c@example.com;\nCc: \"D, d\"\n <d@EXAMPLE.com>, a@Example.Com\n"
      "Bcc: e@example.com\n\nx\n");
  EXPECT_THAT(ready.to,
              ElementsAre("a@example.com", "b@example.com", "c@example.com", "d@EXAMPLE.com", "e@example.com"));
  EXPECT_EQ(error_of([] { read_t("Subject: nobody\n\nx\n"); }), "mail_recipients_missing");
  EXPECT_EQ(error_of([] { read_t("To: undisclosed-recipients:;\n\nx\n"); }), "mail_recipients_missing");
  EXPECT_THAT(read_t("To: old@example.com\nResent-To: new@example.com\n\nx\n").to, ElementsAre("new@example.com"));
}

TEST(Ready, AddsRecipientsOfTheHeaderToThoseOfTheCaller) {
  auto both = handover(true);
  both.to = {parse_address("z@example.com")};
  EXPECT_THAT(read("To: a@example.com\n\nx\n", both).to, ElementsAre("z@example.com", "a@example.com"));
}

TEST(Ready, AddsWhatIsMissing) {
  const auto ready = read("Subject: x\n\nText\n");
  EXPECT_THAT(ready.bytes, HasSubstr("From: Fax <fax@example.com>\r\n"));
  EXPECT_THAT(ready.bytes, HasSubstr("\r\nDate: "));
  EXPECT_THAT(ready.bytes, HasSubstr("Message-ID: " + ready.message_id + "\r\n"));
  EXPECT_NE(ready.message_id, read("Subject: x\n\nText\n").message_id);
  EXPECT_TRUE(ready.identity.empty());
}

TEST(Ready, ReplacesAMessageIdThatIsNone) {
  for (const char* odd : {"1", "<1>", "<a b@example.com>", "<>", "<a@b> <c@d>", ""}) {
    const auto ready = read(std::string("Message-ID: ") + odd + "\n\nx\n");
    EXPECT_THAT(ready.message_id, testing::MatchesRegex("<[0-9a-f]{32}@example.com>")) << odd;
    EXPECT_EQ(ready.bytes.find("Message-ID"), ready.bytes.rfind("Message-ID"));
  }
}

TEST(Ready, KnowsTheSameMailAgainByItsMessageIdOnly) {
  EXPECT_FALSE(read(complete).identity.empty());
  EXPECT_EQ(read(complete).identity, read(complete).identity);
  EXPECT_NE(read(complete).identity, read(complete + "more").identity);
  auto other = handover();
  other.to = {parse_address("other@example.com")};
  EXPECT_NE(read(complete).identity, read(complete, other).identity);
}

TEST(Ready, TakesTheSenderFromCallerHeaderOrConfiguration) {
  auto with = handover();
  EXPECT_EQ(read("From: a@example.com, b@example.com\nSender: s@example.com\n\nx\n").from, "s@example.com");
  with.envelope_from = "bounce@example.com";
  EXPECT_EQ(read(complete, with).from, "bounce@example.com");
  with.sender_name = "The Häuser";
  EXPECT_THAT(read("Subject: x\n\nx\n", with).bytes,
              HasSubstr("From: " + encode_phrase("The Häuser") + " <bounce@example.com>\r\n"));
  with.envelope_from = "";
  EXPECT_EQ(read(complete, with).from, "");
}

TEST(Ready, TakesABodyWithoutAnyHeader) {
  EXPECT_THAT(read("just text\nFrom here on\n").bytes, testing::EndsWith("\r\n\r\njust text\r\nFrom here on\r\n"));
  EXPECT_THAT(read("From here on\nall is text\n").bytes, testing::EndsWith("\r\n\r\nFrom here on\r\nall is text\r\n"));
  EXPECT_THAT(read(" indented\n").bytes, testing::EndsWith("\r\n\r\n indented\r\n"));
  EXPECT_THAT(read("").bytes, testing::EndsWith("\r\n\r\n\r\n"));
  EXPECT_THAT(read("From a@example.com Tue Aug 11 12:00:00 2020\nSubject: x\n\nText\n").bytes,
              testing::StartsWith("Subject: x\r\n"));
}

TEST(Ready, RefusesAHeaderThatIsNotWhatItSeems) {
  auto error = error_reading("Subject: x\nno header line\nBcc: b@example.com\n\nx\n");
  EXPECT_EQ(error.message().id.name, "mail_message_header");
  EXPECT_EQ(error.arg("line"), "2");
  EXPECT_EQ(error_reading("Subject: x\rBcc: b@example.com\n\nx\n").message().id.name, "mail_header_unsafe");
  EXPECT_EQ(error_reading("Subject: x\n \x01y\n\nx\n").message().id.name, "mail_header_unsafe");
  error = error_reading("From: a@example.com\nSubject: x\nfrom: b@example.com\n\nx\n");
  EXPECT_EQ(error.message().id.name, "mail_message_header_twice");
  EXPECT_EQ(error.arg("first") + error.arg("line"), "13");
  EXPECT_EQ(error_reading("From: nobody\n\nx\n").message().id.name, "mail_address_malformed");
}

/// A DKIM signature with the canonicalization "simple" breaks if a single blank of a signed field changes.
TEST(Ready, KeepsEveryByteOfTheFieldsItNeedNotChange) {
  const std::string fields =
      "DKIM-Signature: v=1; c=simple/simple; \r\n\th=from:subject;\t\r\n  b=abc\r\nfrom:a@example.com \t\r\n"
      "Subject:no blank\r\n \r\n  \t and a blank line in it  \r\nX-Old : blank before the colon\r\nX-Empty:\r\n"
      "X-Blank: \r\nTO:\tb@example.com ,\r\n\tc@example.com\r\n";
  const std::string tail = "Date:Tue, 11 Aug 2020 12:34:56 +0000  \r\nMessage-ID:<1@example.com>\r\n\r\nText\r\n";
  EXPECT_EQ(read(fields + tail).bytes, fields + tail);
  EXPECT_EQ(read(fields + "Bcc: secret@example.com,\r\n other@example.com \r\n" + tail).bytes, fields + tail);
  std::string unix;
  for (const char c : fields + tail)
    if (c != '\r') unix += c;
  EXPECT_EQ(read(unix).bytes, fields + tail);
}

TEST(Ready, JoinsRecipientLines) {
  const auto ready = read("To:a@example.com \nSubject: x\n \n y\nTo: b@example.com\nCc:\n\nText\n");
  EXPECT_THAT(ready.bytes, HasSubstr("To: a@example.com,\r\n b@example.com\r\nSubject: x\r\n \r\n y\r\n"));
  EXPECT_THAT(ready.bytes, Not(HasSubstr("Cc:")));
  EXPECT_EQ(ready.subject, "x y");
}

TEST(Ready, FoldsAnOverlongHeaderLineAtABlank) {
  std::string to = "To: a@example.com";
  for (int i = 0; i < 200; ++i) to += ", b" + std::to_string(i) + "@example.com";
  const auto ready = read_t(to + "\n\nx\n");
  EXPECT_EQ(ready.to.size(), 201u);
  require_short_lines(ready.bytes, 1);
  EXPECT_EQ(split_message(ready.bytes).find("To")->unfolded(), to.substr(4));
  EXPECT_EQ(error_reading("X-Long: " + std::string(2000, 'x') + "\n\nx\n").message().id.name, "mail_message_line_long");
}

}  // namespace
}  // namespace faxmail::test
