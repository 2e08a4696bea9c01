// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "base/file.hpp"
#include "payloads/faxmail/config/accounts.hpp"
#include "payloads/faxmail/config/config_writer.hpp"
#include "payloads/faxmail/config/preset.hpp"
#include "tests/faxmail/product_fixture.hpp"

namespace faxmail::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class PresetTest : public testing::Test {
 protected:
  explicit PresetTest(Release release = Release::v606) : product(release) {}

  template <class Work>
  auto at_desk(Work work) const {
    const auto layout = product.layout();
    const auto capability = product.capability();
    const auto texts = product.texts();
    return work(ConfigDesk{layout, capability, texts});
  }
  ConfigChange set(const std::vector<std::string>& assignments) const {
    return at_desk([&](const ConfigDesk& desk) { return set_config(desk, assignments); });
  }
  ConfigChange from_sheet(const std::string& text) const {
    std::ofstream(sheet()) << text;
    return at_desk([&](const ConfigDesk& desk) { return set_from_sheet(desk, sheet()); });
  }
  fs::path sheet() const { return product.layout().root / "sheet.toml"; }
  fs::path beside_config(const std::string& name) const { return product.layout().config_directory() / name; }
  std::string file() const { return dfi::read_file(product.layout().config_file()); }

  Product product;
};
class PresetOfTheHotPtf : public PresetTest {
 protected:
  PresetOfTheHotPtf() : PresetTest(Release::hotptf) {}
};

TEST_F(PresetTest, EachOneOfTheReleaseFitsItsLevelAndSaysItsDateInBothLanguages) {
  for (const auto& name : product.capability().presets) {
    for (const auto language : {dfi::Language::english, dfi::Language::german}) {
      const auto preset = Preset::read(product.layout(), product.capability(), name, language);
      EXPECT_THAT(preset.as_of, testing::MatchesRegex("20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]")) << name;
      EXPECT_GT(preset.notes.size(), 40u) << name;
    }
    const auto change = set({"preset=" + name});
    EXPECT_THAT(change.notes, Contains(HasSubstr("as of 2026-")));
    EXPECT_THAT(change.notes, Not(Contains(HasSubstr("left out")))) << name;
  }
}

TEST_F(PresetTest, OfMicrosoft365LogsInWithOAuthAndKeepsToItsLimits) {
  set({"preset=m365", "user=fax@example.com", "oauth_tenant=example.onmicrosoft.com", "oauth_client_id=i",
       "oauth_client_secret_file=client_secret"});
  const auto account = accounts_of(product.config(), product.capability()).front();
  EXPECT_EQ(account.endpoint.server, "smtp.office365.com");
  EXPECT_EQ(account.endpoint.port, 587);
  EXPECT_EQ(account.encryption, Account::Encryption::starttls);
  EXPECT_EQ(account.auth, "*XOAUTH2");
  EXPECT_TRUE(account.token);
  EXPECT_EQ(account.limits.max_connections, 2);
  EXPECT_EQ(account.limits.rate_per_minute, 28);
  EXPECT_EQ(account.limits.burst, 5);
}

TEST_F(PresetTest, LeavesWhatIsNotItsOwn) {
  set({"user=scott", "keep_days=7", "default_sender=fax@example.com"});
  const auto config = set({"preset=m365"}).config;
  EXPECT_EQ(config.get("user"), "scott");
  EXPECT_EQ(config.get("keep_days"), "7");
  EXPECT_EQ(config.get("default_sender"), "fax@example.com");
}

TEST_F(PresetOfTheHotPtf, LogsInWithUserAndPasswordAndNamesTheEndOfThat) {
  const auto change = set({"preset=m365"});
  EXPECT_EQ(change.config.get("auth"), "*AUTO");
  EXPECT_THAT(change.notes, Contains(HasSubstr("December 2026")));
}

TEST_F(PresetOfTheHotPtf, SkipsAndNamesKeysOfALaterLevel) {
  const auto object = product.layout().root / "opt/directfax/current/share/presets/m365.toml";
  std::ofstream(object, std::ios::app) << "max_connections = 2\nrate_per_minute = 28\n";
  const auto change = set({"preset=m365"});
  EXPECT_THAT(change.notes, Contains(HasSubstr("max_connections, rate_per_minute")));
  EXPECT_THAT(file(), Not(HasSubstr("max_connections")));
}

TEST_F(PresetTest, IsRefusedIfTheReleaseHasNoneOrItsObjectIsGoneOrDamaged) {
  EXPECT_EQ(error_of([&] { set({"preset=nowhere"}); }), "mail_preset_unknown");
  const auto object = product.layout().root / "opt/directfax/current/share/presets/relay.toml";
  std::ofstream(object) << "as_of = \"2026-01-01\"\n[keys]\nport = \"25\"\n";
  EXPECT_EQ(error_of([&] { set({"preset=relay"}); }), "toml_malformed");
  fs::remove(object);
  EXPECT_EQ(error_of([&] { set({"preset=relay"}); }), "mail_preset_missing");
}

TEST_F(PresetTest, SheetOfTheAdministratorFillsKeysAndSecrets) {
  const auto change = from_sheet(
      "preset = \"m365\"\nuser = \"fax@example.com\"\nauth = \"*AUTO\"\nkeep_days = 5\n"
      "oauth_tenant = \"t\"\noauth_client_id = \"i\"\npassword = \"s3cret\"\n"
      "client_secret = \"geheim\"\n");
  EXPECT_EQ(change.config.get("user"), "fax@example.com");
  EXPECT_EQ(change.config.get("auth"), "*AUTO") << "what the sheet says comes after the preset";
  EXPECT_EQ(change.config.get("keep_days"), "5");
  EXPECT_EQ(change.config.get("server"), "smtp.office365.com");
  EXPECT_EQ(dfi::read_file(beside_config("password")), "s3cret\n");
  EXPECT_EQ(dfi::read_file(beside_config("oauth_client_secret")), "geheim\n");
  for (const char* name : {"password", "oauth_client_secret"}) {
    struct stat status {};
    ::stat(beside_config(name).c_str(), &status);
    EXPECT_EQ(status.st_mode & 07777, 0600u);
  }
  EXPECT_THAT(change.notes, Contains(HasSubstr("rm " + sheet().string())));
  EXPECT_EQ(accounts_of(product.config(), product.capability()).front().password().value(), "s3cret");
}

TEST_F(PresetTest, SheetWithAnUnknownKeyChangesNothing) {
  const auto before = file();
  for (const char* text :
       {"server = \"a.example.com\"\npassword = \"s3cret\"\ncolour = 1\n", "password = \"s3cret\"\nssl = \"maybe\"\n",
        "password = \"s3cret\"\npreset = \"none\"\n", "password = 5\n", "password = s3cret\n"}) {
    try {
      from_sheet(text);
      ADD_FAILURE() << text;
    } catch (const dfi::Error& error) {
      EXPECT_THAT(error.what(), Not(HasSubstr("s3cret")));
      if (error.message().id.name == "mail_config_unknown_key") {
        EXPECT_EQ(error.arg("line"), "3");
        EXPECT_EQ(error.arg("path"), sheet().string());
      }
    }
    EXPECT_EQ(file(), before);
    EXPECT_FALSE(fs::exists(beside_config("password")));
  }
}

TEST_F(PresetOfTheHotPtf, TakesASheetOfItsLevel) {
  const auto config = from_sheet("preset = \"m365\"\nuser = \"fax@example.com\"\npassword = \"s3cret\"\n").config;
  EXPECT_EQ(config.get("password_file"), "password");
  EXPECT_NO_THROW(config.require_complete());
  EXPECT_EQ(error_of([&] { from_sheet("client_secret = \"x\"\n"); }), "mail_config_unknown_key");
}

TEST_F(PresetTest, AccountsAreSetByTheirNameAndSurviveARewrite) {
  set({"server=mail.example.com", "auth=*NONE", "account.branch.senders=@b.example.com,x@example.com",
       "account.branch.max_connections=1", "account.branch.server=b.example.com"});
  set({"keep_days=9"});
  const auto all = accounts_of(product.config(), product.capability());
  ASSERT_EQ(all.size(), 2u);
  EXPECT_THAT(all[1].senders, testing::ElementsAre("@b.example.com", "x@example.com"));
  EXPECT_EQ(all[1].limits.max_connections, 1);
  EXPECT_THAT(file(), HasSubstr("[account.branch]\nsenders = [\"@b.example.com\", \"x@example.com\"]\n"));
  EXPECT_EQ(error_of([&] { set({"account.branch.retry=1"}); }), "mail_config_set_unknown");
  EXPECT_EQ(error_of([&] { set({"account.branch=1"}); }), "mail_config_set_unknown");
  EXPECT_EQ(error_of([&] { set({"account.branch.burst=many"}); }), "mail_usage");
  EXPECT_EQ(error_of([&] { set({"account.empty.user=x"}); }), "mail_config_value") << "no senders";
}

TEST_F(PresetTest, ASecretGoesToTheFileTheConfigurationNames) {
  const auto set_password = [&](const std::string& account, const std::string& prefix) {
    return at_desk([&](const ConfigDesk& desk) { return set_secret(desk, {account, prefix}, Secret("s3cret")); });
  };
  product.configure(
      "# mine\nserver = \"mail.example.com\"\npassword_file = \"own\"\n"
      "[account.b]\nsenders = [\"@b.example.com\"]\n");
  const auto before = file();
  set_password("", "password");
  EXPECT_EQ(dfi::read_file(beside_config("own")), "s3cret\n");
  EXPECT_EQ(file(), before) << "nothing to change in the configuration";
  set_password("", "oauth_client_secret");
  EXPECT_EQ(product.config().get("oauth_client_secret_file"), "oauth_client_secret");
  set_password("b", "password");
  EXPECT_EQ(product.config().tables().at("b").values.at("password_file"), "password.b");
  EXPECT_EQ(dfi::read_file(beside_config("password.b")), "s3cret\n");
  EXPECT_EQ(product.config().get("password_file"), "own") << "that of the default account is not the branch's";
  EXPECT_EQ(error_of([&] { set_password("nobody", "password"); }), "mail_config_set_unknown");
}

}  // namespace
}  // namespace faxmail::test
