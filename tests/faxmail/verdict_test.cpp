// SPDX-License-Identifier: Apache-2.0
// The replies of the mail study (3.3, 3.4) and what they mean.
#include "payloads/faxmail/smtp/verdict.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/smtp/session.hpp"

namespace faxmail::test {
namespace {

struct Row {
  const char* phase;
  int code;
  const char* text;
  Scope scope;
  Outcome outcome;
};

constexpr auto later = Outcome::temporary, never = Outcome::permanent;

const Row rows[] = {
    // taken
    {"MAIL FROM", 250, "2.1.0 ok", Scope::message, Outcome::sent},
    {"RCPT TO", 251, "2.1.5 will forward", Scope::recipient, Outcome::sent},
    {"final dot", 250, "2.0.0 queued", Scope::message, Outcome::sent},
    // the account
    {"MAIL FROM", 530, "5.7.57 SMTP; Client was not authenticated to send anonymous mail", Scope::account, later},
    {"MAIL FROM", 504, "5.7.4 - not allowed to send as anonymous", Scope::account, later},
    {"final dot", 530, "5.7.57 not allowed to send as anonymous", Scope::account, later},
    {"MAIL FROM", 430, "4.2.0 STOREDRV; mailbox logon failure", Scope::account, later},
    {"MAIL FROM", 550, "5.7.30 Basic authentication is not supported for Client Submission", Scope::account, later},
    {"final dot", 432, "4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded", Scope::account, later},
    {"MAIL FROM", 451, "4.7.500 Server busy", Scope::account, later},
    {"RCPT TO", 451, "4.7.500 Server busy", Scope::account, later},
    {"final dot", 554, "5.2.2 mailbox full", Scope::account, later},
    {"final dot", 554, "5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException", Scope::account, later},
    {"RCPT TO", 550, "5.7.705 Access denied, tenant has exceeded threshold", Scope::account, later},
    {"final dot", 550, "5.7.708 Service unavailable", Scope::account, later},
    {"MAIL FROM", 454, "4.7.0 Temporary authentication failure", Scope::account, later},
    // the sender
    {"MAIL FROM", 451, "4.7.1 greylisted", Scope::sender, later},
    {"MAIL FROM", 450, "please wait", Scope::sender, later},
    {"MAIL FROM", 553, "5.7.1 Sender address rejected: not owned by user", Scope::sender, later},
    {"RCPT TO", 553, "5.7.1 Sender address rejected: not owned by user", Scope::sender, later},
    {"final dot", 550, "5.7.60 SMTP; Client does not have permissions to send as this sender", Scope::sender, later},
    {"final dot", 554, "5.2.252 SendAsDenied", Scope::sender, later},
    {"final dot", 554, "5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException", Scope::sender, later},
    // the server
    {"MAIL FROM", 452, "4.3.1 insufficient system storage", Scope::server, later},
    {"DATA", 451, "4.3.0 queue file write error", Scope::message, later},
    {"final dot", 451, "4.4.1 no answer from upstream", Scope::message, later},
    // the mail
    {"MAIL FROM", 552, "5.3.4 message size exceeds fixed limit", Scope::message, never},
    {"MAIL FROM", 501, "5.5.4 syntax", Scope::message, never},
    {"DATA", 554, "5.6.0 no", Scope::message, never},
    {"final dot", 554, "5.7.1 looks like spam", Scope::message, never},
    {"final dot", 451, "4.7.1 try again", Scope::message, later},
    {"final dot", 554, "no enhanced code", Scope::message, never},
    // the recipient
    {"RCPT TO", 550, "5.1.1 unknown", Scope::recipient, never},
    {"RCPT TO", 554, "5.7.1 relay access denied", Scope::recipient, never},
    {"RCPT TO", 550, "5.2.2 his mailbox is full", Scope::recipient, never},
    {"RCPT TO", 552, "5.2.2 his mailbox is full", Scope::recipient, never},
    {"RCPT TO", 450, "4.2.1 busy", Scope::recipient, later},
    {"RCPT TO", 452, "4.5.3 too many recipients", Scope::recipient, later},
    {"RCPT TO", 552, "too many recipients, as an old server says it", Scope::recipient, later},
    {"RCPT TO", 550, "5.5.3 too many recipients", Scope::recipient, later},
};

TEST(Verdict, OfEachReplyOfTheStudy) {
  for (const auto& row : rows) {
    const auto verdict = judge(row.phase, {row.code, {row.text}});
    EXPECT_EQ(verdict.scope, row.scope) << row.phase << ' ' << row.code << ' ' << row.text;
    EXPECT_EQ(verdict.outcome, row.outcome) << row.phase << ' ' << row.code << ' ' << row.text;
  }
}

TEST(Verdict, OnlyMailAndRecipientMayFail) {
  for (const char* phase : {"MAIL FROM", "RCPT TO", "DATA", "final dot"})
    for (int code = 200; code < 600; ++code)
      for (const char* text : {"", "5.7.1 x", "4.3.2 x", "5.2.2 x", "5.7.57 x", "5.7.60 x", "4.7.0 x"}) {
        const auto verdict = judge(phase, {code, {text}});
        if (verdict.outcome == never) {
          EXPECT_TRUE(verdict.scope == Scope::message || verdict.scope == Scope::recipient) << phase << code << text;
        }
      }
}

TEST(Verdict, OfErrorsThatEndASession) {
  const auto scope = [](dfi::Msg id) { return scope_of(dfi::Error(id)); };
  EXPECT_EQ(scope(dfi::msg::smtp_unresolved), Scope::network);
  EXPECT_EQ(scope(dfi::msg::smtp_unreachable), Scope::network);
  for (const auto id : {dfi::msg::smtp_timeout, dfi::msg::smtp_connection_lost, dfi::msg::smtp_protocol,
                        dfi::msg::smtp_refused, dfi::msg::smtp_certificate, dfi::msg::smtp_tls_not_offered,
                        dfi::msg::smtp_injected, dfi::msg::smtp_login_deferred, dfi::msg::smtp_pin_mismatch})
    EXPECT_EQ(scope(id), Scope::server) << id.name;
  for (const auto id : {dfi::msg::smtp_auth_not_offered, dfi::msg::smtp_login_refused, dfi::msg::smtp_login_demanded,
                        dfi::msg::smtp_account_refused, dfi::msg::mail_secret_unsafe, dfi::msg::oauth_refused})
    EXPECT_EQ(scope(id), Scope::account) << id.name;
  EXPECT_EQ(scope(dfi::msg::mail_body_damaged), Scope::message);
  EXPECT_EQ(scope(dfi::msg::mail_unknown), std::nullopt) << "no matter of the mail transport";
}

}  // namespace
}  // namespace faxmail::test
