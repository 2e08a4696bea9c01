// SPDX-License-Identifier: Apache-2.0
// The login mechanisms against the examples of their RFCs.
#include "payloads/faxmail/smtp/sasl.hpp"

#include <gmock/gmock.h>

#include "payloads/faxmail/smtp/scram.hpp"

namespace faxmail::test {
namespace {

using testing::ElementsAre;
using testing::Optional;
using namespace std::string_literals;

Account account_of(const std::string& user, const std::string& password) {
  Account account;
  account.user = user;
  account.password = [password] { return Secret(password); };
  return account;
}

Account with_token() {
  Account account;
  account.user = "user@example.com";
  account.endpoint = {"mail.example.com", 587};
  account.token = [] { return Secret("vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="); };
  return account;
}

std::unique_ptr<Sasl> sasl_of(const std::string& mechanism, const Account& account) {
  return make_sasl(mechanism, account, uses_token(mechanism) ? account.token() : account.password());
}

TEST(Sasl, PlainIsOneMessage) {
  const auto sasl = sasl_of("PLAIN", account_of("tim", "tanstaaftanstaaf"));
  EXPECT_THAT(sasl->initial(), Optional("\0tim\0tanstaaftanstaaf"s));
  EXPECT_THAT(sasl->respond(""), Optional("\0tim\0tanstaaftanstaaf"s)) << "a server that did not take it with AUTH";
}

TEST(Sasl, LoginAnswersTwoQuestionsAndNoThird) {
  const auto sasl = sasl_of("LOGIN", account_of("tim", "secret"));
  EXPECT_EQ(sasl->initial(), std::nullopt);
  EXPECT_THAT(sasl->respond("Benutzer:"), Optional("tim"s));
  EXPECT_THAT(sasl->respond("Kennwort:"), Optional("secret"s));
  EXPECT_EQ(sasl->respond("?"), std::nullopt);
}

TEST(Sasl, CramMd5IsThatOfRfc2195) {
  const auto sasl = sasl_of("CRAM-MD5", account_of("tim", "tanstaaftanstaaf"));
  EXPECT_EQ(sasl->initial(), std::nullopt);
  EXPECT_THAT(sasl->respond("<1896.697170952@postoffice.reston.mci.net>"),
              Optional("tim b913a602c7eda7a495b4e6e7334d3890"s));
  EXPECT_EQ(sasl->respond("<once.more@example.com>"), std::nullopt);
}

const std::string client_nonce = "rOprNGfwEbeRWgbNEkqO";
const std::string server_first =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

TEST(Scram, IsThatOfRfc7677) {
  const auto sasl = make_scram("user", Secret("pencil"), client_nonce);
  EXPECT_THAT(sasl->initial(), Optional("n,,n=user,r=" + client_nonce));
  EXPECT_THAT(sasl->respond(server_first), Optional("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                                                    "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="s));
  EXPECT_FALSE(sasl->complete());
  EXPECT_THAT(sasl->respond("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="), Optional(""s));
  EXPECT_TRUE(sasl->complete());
}

TEST(Scram, BelievesNoServerThatDoesNotKnowThePassword) {
  for (const char* proof : {"v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "v=", "e=invalid-proof", ""}) {
    const auto sasl = make_scram("user", Secret("pencil"), client_nonce);
    sasl->initial();
    sasl->respond(server_first);
    EXPECT_EQ(sasl->respond(proof), std::nullopt) << proof;
    EXPECT_FALSE(sasl->complete()) << proof;
    EXPECT_FALSE(sasl->trouble().empty()) << proof;
  }
}

TEST(Scram, CancelsAChallengeThatIsNotToItsQuestion) {
  for (const char* challenge :
       {"r=another,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",                             // a foreign nonce
        "r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",                // nothing of the server in it
        "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1",                  // no protection
        "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=999999999",          // would keep us busy
        "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=99999999999999999",  // not even a number
        "r=rOprNGfwEbeRWgbNEkqOx,s=?,i=4096", "r=rOprNGfwEbeRWgbNEkqOx,s=,i=4096", "garbage"}) {
    const auto sasl = make_scram("user", Secret("pencil"), client_nonce);
    sasl->initial();
    EXPECT_EQ(sasl->respond(challenge), std::nullopt) << challenge;
    EXPECT_FALSE(sasl->complete());
  }
}

TEST(Scram, EscapesNamesAndTakesANewNonceEachTime) {
  const auto one = make_scram("a=b,c", Secret("pencil"), ""), two = make_scram("a=b,c", Secret("pencil"), "");
  EXPECT_EQ(one->initial()->rfind("n,,n=a=3Db=2Cc,r=", 0), 0u);
  EXPECT_NE(one->initial(), two->initial());
}

TEST(Sasl, TokensTravelAsTheProvidersWant) {
  const auto xoauth2 = sasl_of("XOAUTH2", with_token());
  EXPECT_THAT(xoauth2->initial(),
              Optional("user=user@example.com\1auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\1\1"s));
  const auto bearer = sasl_of("OAUTHBEARER", with_token());
  EXPECT_THAT(bearer->initial(), Optional("n,a=user@example.com,\1host=mail.example.com\1port=587\1"
                                          "auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\1\1"s));
}

TEST(Sasl, TheErrorOfATokenIsAcknowledgedOnce) {
  for (const auto& [mechanism, acknowledgement] : {std::pair{"XOAUTH2", ""}, {"OAUTHBEARER", "\1"}}) {
    const auto sasl = sasl_of(mechanism, with_token());
    sasl->initial();
    EXPECT_THAT(sasl->respond(R"({"status":"401"})"), Optional(std::string(acknowledgement))) << mechanism;
    EXPECT_EQ(sasl->trouble(), R"({"status":"401"})");
    EXPECT_EQ(sasl->respond("again"), std::nullopt);
  }
}

TEST(Sasl, AutoPrefersTheStrongestAndShowsNoPasswordOnAnOpenLine) {
  auto account = account_of("tim", "secret");
  account.auth = "*AUTO";
  EXPECT_THAT(mechanisms_of(account, true), ElementsAre("SCRAM-SHA-256", "PLAIN", "LOGIN", "CRAM-MD5"));
  EXPECT_THAT(mechanisms_of(account, false), ElementsAre("SCRAM-SHA-256", "CRAM-MD5"));
  account.plain_without_tls = true;
  EXPECT_THAT(mechanisms_of(account, false), ElementsAre("SCRAM-SHA-256", "CRAM-MD5")) << "only if named";
  account.auth = "*LOGIN";
  EXPECT_THAT(mechanisms_of(account, false), ElementsAre("LOGIN"));
  account.token = [] { return Secret("token"); };
  account.auth = "*AUTO";
  EXPECT_EQ(mechanisms_of(account, true).front(), "XOAUTH2");
  account.auth = "*XOAUTH2";
  EXPECT_TRUE(mechanisms_of(account, false).empty()) << "a token never leaves unencrypted";
}

}  // namespace
}  // namespace faxmail::test
