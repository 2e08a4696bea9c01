// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/config/config.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "base/file.hpp"
#include "payloads/faxmail/config/config_writer.hpp"
#include "payloads/faxmail/config/secret.hpp"
#include "tests/faxmail/product_fixture.hpp"

namespace faxmail::test {
namespace {

using testing::HasSubstr;

/// "name, line" of the error.
std::string refusal(const Product& product, const std::string& lines) {
  product.configure(lines);
  try {
    product.config();
  } catch (const dfi::Error& error) {
    return std::string(error.message().id.name) + ", line " + error.arg("line");
  }
  return "nothing";
}

ConfigChange change(const Product& product, const std::vector<std::string>& assignments) {
  const auto layout = product.layout();
  const auto capability = product.capability();
  const auto texts = product.texts();
  return set_config({layout, capability, texts}, assignments);
}

TEST(Config, NamesTheLineOfAnUnknownKey) {
  const Product product;
  EXPECT_EQ(refusal(product, "# a comment\nserver = \"mail.example.com\"\n\nsmtp_auth = true\n"),
            "mail_config_unknown_key, line 5");
  EXPECT_EQ(refusal(product, "server = \"a\"\nserver = \"b\"\n"), "mail_config_malformed, line 3");
  EXPECT_EQ(refusal(product, "port = 25\n"), "mail_config_value, line 2");
  EXPECT_EQ(refusal(product, "port = \"0\"\n"), "mail_config_value, line 2");
  EXPECT_EQ(refusal(product, "server = \"a\\r\\nb\"\n"), "mail_config_value, line 2");
}

TEST(Config, AllowsWhatTheReleaseAllows) {
  const Product old(Release::v591), middle(Release::v592), patched(Release::hotptf);
  EXPECT_EQ(refusal(old, "port = 25\nsmtp_auth = true\n"), "nothing");
  EXPECT_EQ(refusal(old, "ssl = \"*YES\"\n"), "mail_config_unknown_key, line 2");
  EXPECT_EQ(refusal(middle, "port = \"*SUBMISSION\"\nssl = \"*YES\"\nauth = \"*AUTO\"\n"), "nothing");
  EXPECT_EQ(refusal(middle, "ssl = \"*YES\"\nport = \"*SMTPS\"\n"), "mail_config_value, line 3");
  EXPECT_EQ(refusal(patched, "ssl = \"*YES\"\nport = \"*SMTPS\"\n"), "nothing");
  EXPECT_EQ(refusal(middle, "auth = \"*XOAUTH2\"\n"), "mail_config_value, line 2");
}

TEST(Config, RefusesToSendAPasswordOpenlyByItself) {
  const Product product(Release::hotptf);
  EXPECT_THAT(refusal(product, "auth = \"*AUTO\"\n"), HasSubstr("mail_config_conflict"));
  EXPECT_THAT(refusal(product, "port = \"*SMTPS\"\n"), HasSubstr("mail_config_conflict"));
}

TEST(Config, IsReadOnlyAtTheLevelOfTheRelease) {
  const Product product(Release::v592);
  EXPECT_EQ(error_of([&] { Config::parse("format_level = 2\n", product.layout(), product.capability()); }),
            "mail_level_wrong");
  EXPECT_EQ(error_of([&] { Config::parse("", product.layout(), product.capability()); }), "mail_level_wrong");
}

TEST(Config, SaysWhatIsMissingForSending) {
  const Product product;
  EXPECT_EQ(error_of([&] { product.config().require_complete(); }), "mail_config_incomplete");
  product.configure("server = \"mail.example.com\"\n");
  EXPECT_EQ(error_of([&] { product.config().require_complete(); }), "nothing");
  product.configure("server = \"mail.example.com\"\nauth = \"*LOGIN\"\nuser = \"scott\"\n");
  EXPECT_EQ(error_of([&] { product.config().require_complete(); }), "mail_config_incomplete");
}

TEST(ConfigWriter, RewritesTheFileWithACommentPerKey) {
  const Product product;
  product.configure("server = \"old.example.com\" # mine\n");
  ::chmod(product.layout().config_file().c_str(), 0640);
  const auto texts = product.texts(dfi::Language::german);
  const auto layout = product.layout();
  const auto capability = product.capability();
  set_config({layout, capability, texts}, {"server=mail.example.com", "user=a \"quoted\" \\ name"});
  const auto text = dfi::read_file(product.layout().config_file());
  EXPECT_THAT(text, HasSubstr("server = \"mail.example.com\"\n"));
  for (const auto& key : config_keys(3)) EXPECT_THAT(text, HasSubstr(std::string("\n") + key.name + " = ")) << key.name;
  EXPECT_THAT(text, HasSubstr("# Benutzername für die Anmeldung.\nuser = "));
  EXPECT_EQ(product.config().get("user"), "a \"quoted\" \\ name");
  struct stat status {};
  ::stat(product.layout().config_file().c_str(), &status);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
}

TEST(ConfigWriter, LeavesTheFileAloneIfAValueIsRefused) {
  const Product product;
  const auto before = dfi::read_file(product.layout().config_file());
  auto set = [&](const std::string& assignment) { return error_of([&] { change(product, {assignment}); }); };
  EXPECT_EQ(set("password=geheim"), "mail_config_set_unknown");
  EXPECT_EQ(set("ssl=maybe"), "mail_config_value");
  EXPECT_EQ(set("server"), "mail_usage");
  EXPECT_EQ(set("preset=m365"), "mail_preset_unknown");
  EXPECT_EQ(dfi::read_file(product.layout().config_file()), before);
}

TEST(ConfigWriter, KeepsTheKindsOfLevelTwo) {
  const Product product(Release::v591);
  change(product, {"port=2525", "smtp_auth=true"});
  EXPECT_EQ(product.config().port_number(), 2525);
  EXPECT_EQ(product.config().auth(), "*LOGIN");
  EXPECT_EQ(error_of([&] { change(product, {"port=*SMTP"}); }), "mail_usage");
}

TEST(ConfigWriter, KnowsThePresetOfTheHotPtf) {
  const Product product(Release::hotptf);
  const auto config = change(product, {"preset=m365"}).config;
  EXPECT_EQ(config.get("server"), "smtp.office365.com");
  EXPECT_EQ(config.port_number(), 587);
  EXPECT_TRUE(config.encrypted());
}

TEST(Secret, IsReadOnlyFromAPrivateFile) {
  const Product product;
  product.write_password("s3cret");
  const auto file = product.layout().config_directory() / "password";
  EXPECT_EQ(Secret::read(file).value(), "s3cret");
  const auto link = product.layout().config_directory() / "link";
  fs::create_symlink(file, link);
  EXPECT_EQ(error_of([&] { Secret::read(link); }), "mail_secret_unsafe");
  EXPECT_EQ(error_of([&] { Secret::read(product.layout().data()); }), "mail_secret_unsafe");
  for (const mode_t mode : {0640u, 0604u, 0660u}) {
    ::chmod(file.c_str(), mode);
    EXPECT_EQ(error_of([&] { Secret::read(file); }), "mail_secret_unsafe") << mode;
  }
}

TEST(Texts, HaveTheSameKeysInBothLanguages) {
  const Product product;
  const auto english = product.texts().all(), german = product.texts(dfi::Language::german).all();
  std::vector<std::string> keys, schluessel;
  for (const auto& entry : english) keys.push_back(entry.first);
  for (const auto& entry : german) schluessel.push_back(entry.first);
  EXPECT_EQ(keys, schluessel);
  for (const auto& [key, text] : english) {
    EXPECT_FALSE(text.empty()) << key;
    EXPECT_EQ(std::count(text.begin(), text.end(), '{'), std::count(german.at(key).begin(), german.at(key).end(), '{'))
        << key;
  }
}

TEST(Texts, ShowTheKeyOfAMissingText) { EXPECT_EQ(Product().texts()("engine.unheard_of"), "engine.unheard_of"); }

}  // namespace
}  // namespace faxmail::test
