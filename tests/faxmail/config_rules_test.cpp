// SPDX-License-Identifier: Apache-2.0
// What may stand in FAXMAILC of level 4, and what is warned of.
#include <gmock/gmock.h>

#include "payloads/faxmail/config/warnings.hpp"
#include "tests/faxmail/product_fixture.hpp"

namespace faxmail::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ConfigRules : public testing::Test {
 protected:
  /// "message, line" of the refusal.
  std::string refusal(const std::string& lines) const {
    product.configure(lines);
    try {
      product.config();
    } catch (const dfi::Error& error) {
      for (const auto language : {dfi::Language::english, dfi::Language::german})
        EXPECT_FALSE(dfi::recovery(error.message(), language).empty());
      return std::string(error.message().id.name).substr(12) + ", line " + error.arg("line");
    }
    return "nothing";
  }
  std::string incomplete(const std::string& lines) const {
    product.configure(lines);
    try {
      product.config().require_complete();
    } catch (const dfi::Error& error) {
      return error.arg("key");
    }
    return "nothing";
  }
  std::vector<std::string> warnings(const std::string& lines, std::int64_t today = 20'000) const {
    product.configure(lines);
    std::vector<std::string> result;
    for (const auto& warning : config_warnings(product.config(), today)) {
      EXPECT_NE(product.texts()(warning.text, warning.args), warning.text) << "has a text";
      EXPECT_THAT(product.texts()(warning.text, warning.args), testing::Not(HasSubstr("{")));
      result.push_back(warning.text);
    }
    return result;
  }

  Product product{Release::v606};
};

TEST_F(ConfigRules, DefaultsAreRightByThemselves) { EXPECT_EQ(refusal(""), "nothing"); }

TEST_F(ConfigRules, RefusesWrongValuesWithTheirLine) {
  for (const char* line : {"port = \"0\"",
                           "port = 25",
                           "ssl = \"yes\"",
                           "tls_mode = \"*SMTPS\"",
                           "tls_min = \"1.0\"",
                           "tls_min = \"1.1\"",
                           "tls_pin_sha256 = \"abc\"",
                           "tls_verify = \"\"",
                           "auth = \"*NTLM\"",
                           "max_connections = 0",
                           "max_connections = \"2\"",
                           "max_connections = 1000",
                           "rate_per_minute = -1",
                           "timeout_dot = 0",
                           "retry = \"\"",
                           "retry = \"1,x\"",
                           "retry = \"0\"",
                           "on_uncertain = \"*DROP\"",
                           "dsn_notify = \"SOMETIMES\"",
                           "dsn_notify = \"NEVER,FAILURE\"",
                           "oauth_provider = \"yahoo\"",
                           "oauth_token_url = \"http://example.com\"",
                           "oauth_secret_expires = \"2027-02-30\"",
                           "oauth_secret_expires = \"31.12.2027\"",
                           "oauth_tenant = \"a/b\"",
                           "password_command = \"cat 'x\"",
                           "password_credential = \"../x\"",
                           "server = \"a b\"",
                           "account = 5",
                           "trace_kib = 0",
                           "keep_days = true"})
    EXPECT_EQ(refusal(std::string(line) + "\n"), "value, line 2") << line;
}

TEST_F(ConfigRules, RefusesUnknownKeysWithTheirLine) {
  EXPECT_EQ(refusal("smtp_auth = true\n"), "unknown_key, line 2");
  EXPECT_EQ(refusal("password = \"s3cret\"\n"), "unknown_key, line 2");
  EXPECT_EQ(refusal("[account.x]\nsenders = [\"@example.com\"]\ncolour = 1\n"), "unknown_key, line 4");
  EXPECT_EQ(refusal("[account.x]\nsenders = [\"@example.com\"]\nretry = \"1\"\n"), "unknown_key, line 4");
}

TEST_F(ConfigRules, RefusesContradictions) {
  const std::string open = "ssl = \"*NO\"\nauth = \"*NONE\"\n";
  EXPECT_EQ(refusal(open + "port = \"*SMTPS\"\n"), "conflict, line 4");
  EXPECT_EQ(refusal(open + "tls_mode = \"*IMPLICIT\"\n"), "conflict, line 4");
  EXPECT_EQ(refusal("port = \"465\"\ntls_mode = \"*STARTTLS\"\n"), "conflict, line 3");
  EXPECT_EQ(refusal("ssl = \"*NO\"\nauth = \"*XOAUTH2\"\n"), "conflict, line 3");
  EXPECT_EQ(refusal("ssl = \"*NO\"\nauth = \"*OAUTHBEARER\"\nauth_plain_without_tls = \"*YES\"\n"), "conflict, line 3");
  EXPECT_EQ(refusal("tls_verify = \"*NO\"\n"), "conflict, line 2");
  EXPECT_EQ(refusal("tls_cert_file = \"a.pem\"\n"), "conflict, line 2");
  EXPECT_EQ(refusal("tls_key_file = \"a.pem\"\n"), "conflict, line 2");
}

TEST_F(ConfigRules, NamesTheWayOutInTheAccountConcerned) {
  product.configure("auth = \"*NONE\"\n[account.x]\nsenders = [\"@example.com\"]\nssl = \"*NO\"\nauth = \"*LOGIN\"\n");
  try {
    product.config();
    ADD_FAILURE();
  } catch (const dfi::Error& error) {
    EXPECT_THAT(dfi::recovery(error.message(), dfi::Language::english), HasSubstr("set account.x.ssl=*YES"));
  }
}

TEST_F(ConfigRules, EncryptsOpportunisticallyOnlyForARelayWithoutLogin) {
  EXPECT_EQ(refusal("ssl = \"*AUTO\"\nport = \"*SMTP\"\nauth = \"*NONE\"\n"), "nothing");
  EXPECT_EQ(refusal("ssl = \"*AUTO\"\nport = \"25\"\nauth = \"*SCRAM\"\n"), "conflict, line 2");
  EXPECT_EQ(refusal("ssl = \"*AUTO\"\nport = \"587\"\nauth = \"*NONE\"\n"), "conflict, line 2");
}

TEST_F(ConfigRules, RefusesAnOpenLoginUnlessItIsWanted) {
  for (const std::string auth : {"*LOGIN", "*PLAIN"}) {
    const auto lines = "ssl = \"*NO\"\nauth = \"" + auth + "\"\n";
    EXPECT_EQ(refusal(lines), "open_login, line 3");
    EXPECT_EQ(refusal(lines + "auth_plain_without_tls = \"*YES\"\n"), "nothing");
    EXPECT_THAT(warnings(lines + "auth_plain_without_tls = \"*YES\"\n"), ElementsAre("warning.open_login"));
  }
  EXPECT_EQ(refusal("ssl = \"*NO\"\nauth = \"*SCRAM\"\n"), "nothing");
  EXPECT_EQ(refusal("ssl = \"*NO\"\nauth = \"*AUTO\"\n"), "nothing") << "then only SCRAM and CRAM-MD5 are taken";
}

TEST_F(ConfigRules, WarnsOfAnOpenLoginOfOldLevelsToo) {
  const Product old(Release::v591);
  old.configure("smtp_auth = true\n");
  ASSERT_EQ(config_warnings(old.config(), 0).size(), 1u);
  EXPECT_EQ(config_warnings(old.config(), 0)[0].text, "warning.open_login");
}

TEST_F(ConfigRules, WarnsThirtyDaysBeforeTheClientSecretEnds) {
  // 2027-03-31 is day 20908.
  const std::string lines = "auth = \"*XOAUTH2\"\noauth_secret_expires = \"2027-03-31\"\n";
  EXPECT_THAT(warnings(lines, 20'877), ElementsAre());
  EXPECT_THAT(warnings(lines, 20'878), ElementsAre("warning.secret_expires"));
  EXPECT_THAT(warnings(lines, 20'908), ElementsAre("warning.secret_expires"));
  EXPECT_THAT(warnings(lines, 20'909), ElementsAre("warning.secret_expired"));
}

TEST_F(ConfigRules, WarnsOfUserAndPasswordAtMicrosoft365) {
  EXPECT_THAT(warnings("server = \"smtp.office365.com\"\nauth = \"*LOGIN\"\n"), ElementsAre("warning.basic_auth"));
  EXPECT_THAT(warnings("server = \"smtp.office365.com\"\nauth = \"*XOAUTH2\"\n"), ElementsAre());
  EXPECT_THAT(warnings("server = \"smtp.office365.com\"\noauth_provider = \"m365\"\n"), ElementsAre());
  EXPECT_THAT(warnings("server = \"mail.example.com\"\n"), ElementsAre());
}

TEST_F(ConfigRules, SaysWhatALoginNeeds) {
  const std::string server = "server = \"mail.example.com\"\n", user = server + "user = \"fax@example.com\"\n";
  EXPECT_EQ(incomplete(""), "server");
  EXPECT_EQ(incomplete(server + "auth = \"*NONE\"\n"), "nothing");
  EXPECT_EQ(incomplete(server), "user");
  EXPECT_EQ(incomplete(user), "password_file");
  for (const char* key : {"password_file", "password_command", "password_credential"})
    EXPECT_EQ(incomplete(user + key + " = \"x\"\n"), "nothing");
  const auto token = user + "auth = \"*XOAUTH2\"\npassword_file = \"x\"\n";
  EXPECT_EQ(incomplete(token), "oauth_provider");
  const auto m365 = token + "oauth_provider = \"m365\"\n";
  EXPECT_EQ(incomplete(m365), "oauth_client_secret_file");
  EXPECT_EQ(incomplete(m365 + "oauth_client_secret_file = \"s\"\n"), "oauth_client_id");
  EXPECT_EQ(incomplete(m365 + "oauth_client_secret_file = \"s\"\noauth_client_id = \"i\"\n"), "oauth_tenant");
  const auto custom =
      token + "oauth_provider = \"custom\"\noauth_client_secret_command = \"s\"\noauth_client_id = \"i\"\n";
  EXPECT_EQ(incomplete(custom), "oauth_token_url");
  EXPECT_EQ(incomplete(custom + "oauth_token_url = \"https://id.example.com/token\"\n"), "nothing");
  EXPECT_EQ(incomplete(token + "oauth_provider = \"google\"\noauth_client_secret_file = \"key.json\"\n"), "nothing");
  EXPECT_EQ(incomplete(user + "password_file = \"x\"\n[account.b]\nsenders = [\"@b.example.com\"]\nuser = \"\"\n"),
            "account.b.user");
}

TEST_F(ConfigRules, RulesHoldForEachAccount) {
  const std::string table = "auth = \"*NONE\"\n[account.x]\nsenders = [\"@example.com\"]\n";
  EXPECT_EQ(refusal(table + "port = \"99999\"\n"), "value, line 5");
  EXPECT_EQ(refusal(table + "ssl = \"*NO\"\nauth = \"*PLAIN\"\n"), "open_login, line 6");
  EXPECT_EQ(refusal("auth = \"*PLAIN\"\n[account.x]\nsenders = [\"@example.com\"]\nssl = \"*NO\"\n"),
            "open_login, line 2");
  EXPECT_EQ(refusal("[account.x]\nuser = \"a\"\n"), "value, line -") << "senders are missing";
  EXPECT_EQ(refusal("[account.x]\nsenders = [\"example.com\"]\n"), "value, line 3");
  EXPECT_EQ(refusal("[account.x]\nsenders = [\"a@\"]\n"), "value, line 3");
  EXPECT_EQ(refusal("[account.default]\nsenders = [\"@example.com\"]\n"), "value, line 2");
  EXPECT_EQ(refusal(table + "[account.y]\nsenders = [\"@Example.com\"]\n"), "value, line 6");
}

}  // namespace
}  // namespace faxmail::test
