// SPDX-License-Identifier: Apache-2.0
// FAXMAILC of level 4: what may stand in it, and what becomes of it.
#include "payloads/faxmail/config/accounts.hpp"

#include <gmock/gmock.h>
#include <toml++/toml.h>

#include "payloads/faxmail/config/settings.hpp"
#include "tests/faxmail/product_fixture.hpp"

namespace faxmail::test {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

const std::string login = "server = \"mail.example.com\"\nuser = \"scott\"\npassword_file = \"password\"\n";

class Level4 : public testing::Test {
 protected:
  std::vector<Account> accounts(const std::string& lines) const {
    product.configure(lines);
    return accounts_of(product.config(), product.capability());
  }
  Product product{Release::v606};
};

TEST_F(Level4, HasTheKeysOfTheDeliveredFormat) {
  const auto format = toml::parse_file(FAXMAIL_SOURCES "/migrations/definitions/formats/FAXMAILC.4.toml");
  const auto keys = config_keys(4);
  const auto& delivered = *format["keys"].as_array();
  ASSERT_EQ(delivered.size(), keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto& entry = *delivered[i].as_table();
    EXPECT_EQ(entry["name"].value_or(std::string{}), keys[i].name);
    EXPECT_EQ(entry["type"].value_or(std::string{}), keys[i].kind == KeyKind::integer ? "integer" : "text");
    const auto standard = keys[i].kind == KeyKind::integer ? std::to_string(entry["default"].value_or(std::int64_t{-1}))
                                                           : entry["default"].value_or(std::string{"?"});
    EXPECT_EQ(standard, keys[i].fallback) << keys[i].name;
    EXPECT_NE(product.texts()(std::string("config_4.") + keys[i].name), std::string("config_4.") + keys[i].name);
  }
}

TEST_F(Level4, FillsTheAccount) {
  const std::string pin(64, 'a');
  const auto account =
      accounts(
          login + "port = \"*SMTPS\"\ntls_min = \"1.3\"\ntls_ca_file = \"ca.pem\"\ntls_name = \"mx.example.com\"\n" +
          "tls_pin_sha256 = \"" + pin + ", AA:" +
          [] {
            std::string rest;
            for (int i = 0; i < 31; ++i) rest += i == 30 ? "BB" : "BB:";
            return rest;
          }() +
          "\"\ntls_verify = \"*NO\"\ntls_cert_file = \"/c.pem\"\ntls_key_file = \"k.pem\"\nauth = \"*SCRAM\"\n" +
          "helo_name = \"fax.example.com\"\nmax_connections = 3\nrate_per_minute = 28\nburst = 7\nidle_close = 61\n" +
          "max_per_connection = 99\nsession_max = 601\nsize_limit = 35000000\ndsn_notify = \"failure,Success\"\n" +
          "timeout_dot = 900\ntimeout_connect = 7\n")
          .front();
  const auto directory = product.layout().config_directory();
  EXPECT_EQ(account.name, "default");
  EXPECT_EQ(account.endpoint.port, 465);
  EXPECT_EQ(account.encryption, Account::Encryption::implicit);
  EXPECT_EQ(account.tls.minimum, "1.3");
  EXPECT_EQ(account.tls.ca_file, directory / "ca.pem");
  EXPECT_EQ(account.tls.name, "mx.example.com");
  ASSERT_EQ(account.tls.pins.size(), 2u);
  EXPECT_EQ(account.tls.pins[0], pin);
  EXPECT_EQ(account.tls.pins[1].substr(0, 4), "aabb");
  EXPECT_FALSE(account.tls.verify);
  EXPECT_EQ(account.tls.cert_file, "/c.pem");
  EXPECT_EQ(account.tls.key_file, directory / "k.pem");
  EXPECT_EQ(account.auth, "*SCRAM");
  EXPECT_FALSE(account.plain_without_tls);
  EXPECT_TRUE(account.password);
  EXPECT_FALSE(account.token);
  EXPECT_EQ(account.limits.max_connections, 3);
  EXPECT_EQ(account.limits.rate_per_minute, 28);
  EXPECT_EQ(account.limits.burst, 7);
  EXPECT_EQ(account.limits.idle_close, seconds(61));
  EXPECT_EQ(account.limits.max_per_connection, 99);
  EXPECT_EQ(account.limits.session_max, seconds(601));
  EXPECT_EQ(account.limits.size_limit, 35'000'000);
  EXPECT_EQ(account.dsn_notify, "FAILURE,SUCCESS");
  EXPECT_EQ(account.timeouts.dot, seconds(900));
  EXPECT_EQ(account.timeouts.connect, seconds(7));
}

TEST_F(Level4, DefaultsOfTheFileAreThoseOfTheEngine) {
  const auto account = accounts(login).front();
  const Account standard;
  EXPECT_EQ(account.encryption, Account::Encryption::starttls);
  EXPECT_EQ(account.timeouts.connect, standard.timeouts.connect);
  EXPECT_EQ(account.timeouts.greeting, standard.timeouts.greeting);
  EXPECT_EQ(account.timeouts.ehlo, standard.timeouts.ehlo);
  EXPECT_EQ(account.timeouts.tls, standard.timeouts.tls);
  EXPECT_EQ(account.timeouts.login, standard.timeouts.login);
  EXPECT_EQ(account.timeouts.envelope, standard.timeouts.envelope);
  EXPECT_EQ(account.timeouts.data, standard.timeouts.data);
  EXPECT_EQ(account.timeouts.block, standard.timeouts.block);
  EXPECT_EQ(account.timeouts.dot, standard.timeouts.dot);
  EXPECT_EQ(account.timeouts.quit, standard.timeouts.quit);
  EXPECT_EQ(account.limits.max_connections, standard.limits.max_connections);
  EXPECT_EQ(account.limits.max_per_connection, standard.limits.max_per_connection);
  EXPECT_EQ(account.limits.session_max, standard.limits.session_max);
  const auto settings = settings_of(product.config(), product.layout());
  const Settings plain;
  EXPECT_EQ(settings.retry, plain.retry);
  EXPECT_EQ(settings.lifetime, plain.lifetime);
  EXPECT_EQ(settings.warn_after, plain.warn_after);
  EXPECT_EQ(settings.hold_uncertain, plain.hold_uncertain);
  EXPECT_EQ(settings.resend_after, plain.resend_after);
  EXPECT_EQ(settings.keep_days, plain.keep_days);
  EXPECT_EQ(settings.trace.file_bytes, plain.trace.file_bytes);
  EXPECT_EQ(settings.trace.files, plain.trace.files);
  EXPECT_EQ(settings.trace.days, plain.trace.days);
}

TEST_F(Level4, FillsTheSettings) {
  product.configure(
      "retry = \"2, 4 8\"\nlifetime_hours = 10\nwarn_hours = 0\non_uncertain = \"*HOLD\"\n"
      "uncertain_minutes = 20\npostmaster = \"post@example.com\"\nkeep_days = 0\ntrace_kib = 1\n");
  const auto settings = settings_of(product.config(), product.layout());
  EXPECT_THAT(settings.retry, ElementsAre(seconds(120), seconds(240), seconds(480)));
  EXPECT_EQ(settings.lifetime, std::chrono::hours(10));
  EXPECT_EQ(settings.warn_after, seconds(0));
  EXPECT_TRUE(settings.hold_uncertain);
  EXPECT_EQ(settings.resend_after, std::chrono::minutes(20));
  EXPECT_EQ(settings.postmaster, "post@example.com");
  EXPECT_EQ(settings.keep_days, 0);
  EXPECT_EQ(settings.trace.file_bytes, 1024u);
}

TEST_F(Level4, FurtherAccountsInheritWhatTheyDoNotSay) {
  const auto all = accounts(login +
                            "max_connections = 4\n[account.branch]\nsenders = [\"@b.example.com\"]\n"
                            "server = \"b.example.com\"\nport = \"*SMTPS\"\nmax_connections = 1\n"
                            "[account.relay]\nsenders = [\"fax@c.example.com\", \"@d.example.com\"]\n"
                            "server = \"10.0.0.5\"\nport = \"*SMTP\"\nssl = \"*AUTO\"\nauth = \"*NONE\"\n");
  ASSERT_EQ(all.size(), 3u);
  EXPECT_TRUE(all[0].senders.empty());
  EXPECT_EQ(all[1].name, "branch");
  EXPECT_EQ(all[1].endpoint.server, "b.example.com");
  EXPECT_EQ(all[1].encryption, Account::Encryption::implicit);
  EXPECT_EQ(all[1].user, "scott");
  EXPECT_EQ(all[1].limits.max_connections, 1);
  EXPECT_THAT(all[2].senders, ElementsAre("fax@c.example.com", "@d.example.com"));
  EXPECT_EQ(all[2].encryption, Account::Encryption::opportunistic);
  EXPECT_FALSE(all[2].password);
  EXPECT_EQ(all[2].limits.max_connections, 4);
}

TEST_F(Level4, AccountsOfOneApplicationShareOneTokenSource) {
  const auto oauth = login +
                     "auth = \"*XOAUTH2\"\noauth_provider = \"custom\"\noauth_client_id = \"i\"\n"
                     "oauth_client_secret_command = \"/bin/false\"\n"
                     "oauth_token_url = \"https://127.0.0.1:9/token\"\n";
  const auto account = accounts(oauth).front();
  ASSERT_TRUE(account.token);
  ASSERT_TRUE(account.token_spent);
  EXPECT_FALSE(account.password) << "a token login never falls back to the password";
  EXPECT_EQ(error_of([&] { account.token(); }), "mail_secret_command");
}

}  // namespace
}  // namespace faxmail::test
