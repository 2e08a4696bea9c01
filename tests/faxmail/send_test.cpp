// SPDX-License-Identifier: Apache-2.0
// faxmail send, sendmail and logo as other programs and people call them.
#include <gmock/gmock.h>

#include <fstream>

#include "base/file.hpp"
#include "base/process.hpp"
#include "payloads/faxmail/message/logos.hpp"
#include "tests/faxmail/product_fixture.hpp"

namespace faxmail::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const std::string png("\x89PNG\r\n\x1a\n and pixels", 19);

class SendTest : public testing::Test {
 protected:
  SendTest() { product_.configure("default_sender = \"Fax <fax@example.com>\"\n"); }

  /// `arguments` as a shell would read them, `input` on standard input.
  dfi::ProgramResult run(const std::string& program, const std::string& arguments,
                         const std::string& input = {}) const {
    const auto file = product_.layout().root / "input";
    std::ofstream(file) << input;
    return dfi::run_program({"/bin/sh", "-c", "exec " + program + " " + arguments + " < " + file.string()});
  }
  dfi::ProgramResult faxmail(const std::string& arguments, const std::string& input = {}) const {
    return run(FAXMAIL_PROGRAM, "--lang en --root " + product_.layout().root.string() + " " + arguments, input);
  }
  dfi::ProgramResult sendmail(const std::string& arguments, const std::string& input) const {
    const auto link = product_.layout().root / "sendmail";
    if (!fs::exists(link)) fs::create_symlink(FAXMAIL_PROGRAM, link);
    return run(link.string(), "--root " + product_.layout().root.string() + " --lang en " + arguments, input);
  }
  QueueEntry mail(std::int64_t id = 1) const { return product_.queue().find(id).value(); }
  std::vector<std::string> recipients(std::int64_t id = 1) const {
    std::vector<std::string> result;
    for (const auto& recipient : mail(id).recipients) result.push_back(recipient.address);
    return result;
  }
  std::string message() const { return product_.queue().message_of(product_.queue().list().back().id); }
  std::size_t count() const { return product_.queue().list().size(); }

  Product product_;
};

TEST_F(SendTest, TakesAMessageWithRecipientsOfItsHeader) {
  const auto result =
      faxmail("send -t", "To: a@example.com\nBcc: hidden@example.com\nSubject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=\n\nText\n");
  EXPECT_EQ(result.output, "1\n");
  EXPECT_THAT(recipients(), ElementsAre("a@example.com", "hidden@example.com"));
  EXPECT_EQ(mail().from, "fax@example.com");
  EXPECT_EQ(mail().subject, "Grüße");
  const auto bytes = message();
  EXPECT_THAT(bytes, HasSubstr("From: Fax <fax@example.com>\r\n"));
  // A name that no Message-ID, which is of hex digits, can end with.
  EXPECT_THAT(bytes, Not(HasSubstr("hidden@example.com")));
}

TEST_F(SendTest, TakesAMessageForTheRecipientsOfTheCommandLine) {
  EXPECT_EQ(
      faxmail("send -f bounce@example.com -- a@example.com 'B <b@example.com>, c@example.com'", "Subject: x\n\nText\n")
          .status,
      0);
  EXPECT_THAT(recipients(), ElementsAre("a@example.com", "b@example.com", "c@example.com"));
  EXPECT_EQ(mail().from, "bounce@example.com");
}

TEST_F(SendTest, EndsAtALoneDotUnlessToldOtherwise) {
  const std::string text = "Subject: x\n\none\n.\ntwo\n";
  ASSERT_EQ(faxmail("send a@example.com", text).status, 0);
  EXPECT_THAT(message(), testing::EndsWith("\r\n\r\none\r\n"));
  for (const char* option : {"send -i", "sendmail -i", "sendmail -oi"}) {
    ASSERT_EQ(faxmail(std::string(option) + " a@example.com", text).status, 0);
    EXPECT_THAT(message(), testing::EndsWith("\r\n\r\none\r\n.\r\ntwo\r\n")) << option;
  }
}

TEST_F(SendTest, KnowsAMessageAgainByItsMessageId) {
  const std::string text = "Message-ID: <1@example.com>\nTo: a@example.com\n\nText\n";
  EXPECT_EQ(faxmail("send -t", text).output, "1\n");
  EXPECT_EQ(faxmail("send -t", text).output, "1\n");
  const auto other = faxmail("send -t", text + "more\n");
  EXPECT_EQ(other.status, 65);
  EXPECT_THAT(other.output, HasSubstr("Mail 1 in FAXKA has the Message-ID <1@example.com> already"));
  EXPECT_EQ(count(), 1u);
}

TEST_F(SendTest, RefusesWrongDeliveryReportOptions) {
  for (const char* wrong : {"-N sometimes", "-N never,delay", "-N failure,,delay", "-R body", "-V 'a b'"})
    EXPECT_EQ(faxmail(std::string("send ") + wrong + " a@example.com", "x\n").status, 64) << wrong;
  EXPECT_EQ(faxmail("send -N failure,Delay -R hdrs -V order-7 a@example.com", "x\n").status, 0);
}

TEST_F(SendTest, DoesNotMixAMessageWithOptionsThatCompose) {
  EXPECT_EQ(faxmail("send -t --subject x", "To: a@example.com\n\nx\n").status, 64);
  EXPECT_EQ(faxmail("send a@example.com --to b@example.com", "x\n").status, 64);
  EXPECT_EQ(faxmail("send --cc", "").status, 64);
  EXPECT_EQ(count(), 0u);
}

TEST_F(SendTest, ComposesCopiesAndReplyAddress) {
  EXPECT_EQ(
      faxmail("send --cc c@example.com --bcc hidden@example.com --reply-to 'Büro <office@example.com>' -f out@example.com "
              "-F 'Fax Köln' --subject x")
          .status,
      0);
  EXPECT_THAT(recipients(), ElementsAre("c@example.com", "hidden@example.com"));
  EXPECT_EQ(mail().from, "out@example.com");
  const auto bytes = message();
  EXPECT_THAT(bytes, HasSubstr("Cc: c@example.com\r\n"));
  EXPECT_THAT(bytes, Not(HasSubstr("To: undisclosed")));
  EXPECT_THAT(bytes, HasSubstr(" <office@example.com>\r\n"));
  EXPECT_THAT(bytes, HasSubstr(" <fax@example.com>\r\n"));
  EXPECT_THAT(bytes, Not(HasSubstr("hidden@example.com")));
  EXPECT_EQ(faxmail("send --bcc hidden@example.com --subject x").status, 0);
  EXPECT_THAT(message(), HasSubstr("To: undisclosed-recipients:;\r\n"));
}

TEST_F(SendTest, IsSendmailWhenCalledSo) {
  const auto result = sendmail("-bm -odq -oem -v -B 8BITMIME -h 25 -f 'bounce@example.com' -F Fax -t",
                               "To: a@example.com\nSubject: x\n\nText\n");
  EXPECT_EQ(result.output, "");
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(mail().from, "bounce@example.com");
  EXPECT_THAT(message(), HasSubstr("From: Fax <bounce@example.com>\r\n"));
  EXPECT_EQ(sendmail("-f '<>' a@example.com", "x\n").status, 0);
  EXPECT_EQ(mail(2).from, "");
  EXPECT_EQ(sendmail("-fattached@example.com -ifx@example.com a@example.com", "x\n").status, 0)
      << "clustered, the last one counts";
  EXPECT_EQ(mail(3).from, "x@example.com");
}

TEST_F(SendTest, AnswersOtherModesOfSendmail) {
  for (const char* mode : {"-bs", "-bd", "-bt"}) {
    const auto result = sendmail(mode, "");
    EXPECT_EQ(result.status, 64);
    EXPECT_THAT(result.output, HasSubstr(std::string("sendmail ") + mode + " is not supported"));
  }
  for (const char* nothing : {"-q", "-q30m", "-bi"}) EXPECT_EQ(sendmail(nothing, "").status, 0) << nothing;
  ASSERT_EQ(sendmail("a@example.com", "Subject: listed\n\nx\n").status, 0);
  EXPECT_THAT(sendmail("-bp", "").output, HasSubstr("listed"));
}

TEST_F(SendTest, SpeaksSysexitsToCallersOfSendmail) {
  EXPECT_EQ(sendmail("", "x\n").status, 64);
  EXPECT_EQ(sendmail("half@", "x\n").status, 65);
  EXPECT_EQ(sendmail("-t", "Subject: nobody\n\nx\n").status, 64);
  EXPECT_EQ(sendmail("a@example.com", "Subject: x\nbroken header\n\nx\n").status, 65);
  std::ofstream(product_.layout().data_file("FAXKA"))
      << "no database at all, but long enough to be looked at ......................";
  EXPECT_EQ(sendmail("a@example.com", "x\n").status, 75);
}

TEST_F(SendTest, RefusesAMessageThatHoldsNul) {
  const auto result = faxmail("send a@example.com", std::string("Subject: x\n\na\0b\n", 16));
  EXPECT_EQ(result.status, 65);
  EXPECT_THAT(result.output, HasSubstr("NUL character in line 3"));
}

TEST_F(SendTest, ShowsALogoOfFaxlgo) {
  const auto file = product_.layout().root / "logo.dat";
  std::ofstream(file) << png;
  EXPECT_THAT(faxmail("logo set House " + file.string()).output, HasSubstr("png"));
  EXPECT_THAT(faxmail("logo").output, HasSubstr("House"));
  EXPECT_EQ(faxmail("send --to a@example.com --subject x --text 'a < b' --logo House").status, 0);
  const auto bytes = message();
  EXPECT_THAT(bytes, HasSubstr("multipart/alternative"));
  EXPECT_THAT(bytes, HasSubstr("multipart/related; type=\"text/html\""));
  EXPECT_THAT(bytes, HasSubstr("Content-Type: image/png"));
  EXPECT_THAT(bytes, HasSubstr("a &lt; b<br>"));
  EXPECT_EQ(faxmail("logo delete House").status, 0);
  EXPECT_EQ(faxmail("send --to a@example.com --logo House").status, 65);
  EXPECT_EQ(faxmail("logo delete House").status, 65);
}

TEST_F(SendTest, TakesAsLogoOnlyWhatMailProgramsShow) {
  const auto file = product_.layout().root / "logo.png";
  std::ofstream(file) << "<svg/>";
  EXPECT_EQ(faxmail("logo set House " + file.string()).status, 65);
  std::ofstream(file) << png + std::string(logo_limit, 'x');
  EXPECT_EQ(faxmail("logo set House " + file.string()).status, 65);
  product_.execute("FAXLGO", "INSERT INTO FAXLGO(LGNAME, LGFMT, LGDATA) VALUES('Old', 'png', 'TIFF inside')");
  EXPECT_EQ(faxmail("send --to a@example.com --logo Old").status, 65);
}

TEST_F(SendTest, FillsTheDeliveredTemplate) {
  EXPECT_EQ(faxmail("send --to 'Ann <a@example.com>' --template fax --set pages=3").status, 0);
  EXPECT_EQ(mail().subject, "Fax from Fax");
  const auto missing = faxmail("send --to a@example.com --template fax");
  EXPECT_EQ(missing.status, 64);
  EXPECT_THAT(missing.output, HasSubstr("needs a value for pages"));
  EXPECT_EQ(faxmail("send --to a@example.com --template fax --set pages").status, 64);
  EXPECT_EQ(faxmail("send --to a@example.com --template fax --text x").status, 64);
}

}  // namespace
}  // namespace faxmail::test
