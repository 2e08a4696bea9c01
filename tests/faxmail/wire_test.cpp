// SPDX-License-Identifier: Apache-2.0
// What other programs hand over, as it reaches a server.
#include <gmock/gmock.h>

#include <fstream>
#include <optional>

#include "base/process.hpp"
#include "tests/faxmail/product_fixture.hpp"
#include "tests/faxmail/smtp_peer.hpp"

namespace faxmail::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::StartsWith;

class WireTest : public testing::Test {
 protected:
  void deliver(const PeerScript& script, const std::string& arguments, const std::string& message) {
    peer_.emplace(script);
    product_.configure_peer(peer_->port(), "default_sender = \"fax@example.com\"");
    const auto input = product_.layout().root / "input";
    std::ofstream(input) << message;
    const auto sent =
        dfi::run_program({"/bin/sh", "-c",
                          std::string("exec ") + FAXMAIL_PROGRAM + " sendmail --root " +
                              product_.layout().root.string() + " " + arguments + " < " + input.string()});
    ASSERT_EQ(sent.status, 0) << sent.output;
    run_engine_dry(product_);
  }

  Product product_;
  std::optional<SmtpPeer> peer_;
};

TEST_F(WireTest, QuotedLocalPartsAndDomainsInAnyScriptReachTheServer) {
  deliver({}, "-i -t", "To: \"john <x> smith\"@example.com, Jürgen <j@müller.example>\nSubject: Grüße\n\n.\nGrüße\n");
  EXPECT_THAT(peer_->commands(), Contains(StartsWith("RCPT TO:<\"john <x> smith\"@example.com>")));
  EXPECT_THAT(peer_->commands(), Contains(StartsWith("RCPT TO:<j@xn--mller-kva.example>")));
  EXPECT_EQ(product_.status(1), "sent");
}

TEST_F(WireTest, DeliveryReportOptionsReachAServerThatKnowsThem) {
  PeerScript script;
  script.capabilities.push_back("DSN");
  deliver(script, "-N success,delay -R hdrs -V order+7 a@example.com", "Subject: x\n\nx\n");
  EXPECT_THAT(peer_->commands(), Contains(testing::AllOf(StartsWith("MAIL FROM:<fax@example.com>"),
                                                         HasSubstr(" RET=HDRS"), HasSubstr(" ENVID=order+2B7"))));
  EXPECT_THAT(peer_->commands(),
              Contains(testing::AllOf(StartsWith("RCPT TO:<a@example.com>"), HasSubstr(" NOTIFY=SUCCESS,DELAY"))));
}

TEST_F(WireTest, ALabelledEightBitBodyAsksForEightBitMime) {
  deliver({}, "a@example.com", "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\nGrüße\n");
  EXPECT_THAT(peer_->commands(), Contains(HasSubstr(" BODY=8BITMIME")));
  EXPECT_THAT(peer_->mails().at(0).data, HasSubstr("Grüße"));
}

TEST_F(WireTest, AnInternationalLocalPartAsksForSmtputf8) {
  PeerScript script;
  script.capabilities.push_back("SMTPUTF8");
  deliver(script, "-t", "To: jürgen@example.com\n\nx\n");
  EXPECT_THAT(peer_->commands(), Contains(HasSubstr(" SMTPUTF8")));
  EXPECT_THAT(peer_->commands(), Contains(StartsWith("RCPT TO:<jürgen@example.com>")));
}

}  // namespace
}  // namespace faxmail::test
