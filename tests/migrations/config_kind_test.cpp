// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "messages/general.hpp"
#include "tests/migrations/bench.hpp"

namespace dfi::migrations {
namespace {

using testing::HasSubstr;

const char* const level_2 = R"(format_level = 2
# unser Relay
server = "mail.example.com"
port = 587
smtp_auth = true
user = "Büro-Süd"
password_file = "kennwort"
default_sender = "fax@example.com"
helo_name = ""
)";

std::string converted(const Bench& bench, const std::string& text) {
  bench.write("FAXMAILC", text);
  auto catalogue = shipped();
  auto file = bench.file("FAXMAILC", Kind::config);
  auto steps = catalogue.path(file, catalogue.level_of(file), 3);
  catalogue.convert(file, steps, bench.shadow("FAXMAILC"));
  EXPECT_EQ(read_file(bench.root() / "FAXMAILC"), text) << "the file itself was changed";
  EXPECT_EQ(catalogue.level_of({"FAXMAILC", Kind::config, bench.shadow("FAXMAILC")}), 3);
  return read_file(bench.shadow("FAXMAILC"));
}

TEST(ConfigConversion, KeepsWhatAPersonChose) {
  Bench bench;
  auto text = converted(bench, level_2);
  for (const char* line :
       {"server = 'mail.example.com'", "port = '587'", "auth = '*LOGIN'", "ssl = '*NO'", "user = 'Büro-Süd'",
        "password_file = 'kennwort'", "default_sender = 'fax@example.com'", "tls_ca_file = ''", "format_level = 3"}) {
    std::string quoted = line;
    std::replace(quoted.begin(), quoted.end(), '\'', '"');
    EXPECT_THAT(text, HasSubstr(quoted + "\n"));
  }
  EXPECT_THAT(text, testing::Not(HasSubstr("smtp_auth")));
}

TEST(ConfigConversion, ExplainsEachKeyInBothLanguages) {
  Bench bench;
  auto text = converted(bench, level_2);
  EXPECT_THAT(text,
              HasSubstr("# Encrypted connection: *NO or *YES.\n# Verschlüsselte Verbindung: *NO oder *YES.\nssl"));
}

TEST(ConfigConversion, GivesMissingKeysTheirDefaults) {
  Bench bench;
  auto text = converted(bench, "format_level = 2\n");
  EXPECT_THAT(text, HasSubstr("port = \"25\"\n"));
  EXPECT_THAT(text, HasSubstr("auth = \"*NONE\"\n"));
}

TEST(ConfigConversion, NamesTheLineOfAnUnknownKey) {
  Bench bench;
  auto error = error_of([&] { converted(bench, std::string(level_2) + "colour = 1\n"); });
  EXPECT_EQ(error.message().id, msg::conversion_failed);
  EXPECT_EQ(error.exit_code(), 30);
  EXPECT_EQ(error.arg("conversion"), "CVTMAIL1");
  EXPECT_EQ(error.arg("reason"), "line 10: key 'colour' is unknown");
  EXPECT_FALSE(fs::exists(bench.shadow("FAXMAILC")));
}

TEST(ConfigConversion, NamesTheLineOfAWrongType) {
  Bench bench;
  EXPECT_EQ(error_of([&] { converted(bench, "format_level = 2\nport = \"25\"\n"); }).arg("reason"),
            "line 2: 'port' is not of type integer");
}

TEST(ConfigConversion, NamesTheLineThatIsNoToml) {
  Bench bench;
  auto error = error_of([&] { converted(bench, "format_level = 2\nserver = \n"); });
  EXPECT_EQ(error.message().id, msg::toml_malformed);
  EXPECT_EQ(error.arg("line"), "2");
}

TEST(ConfigConversion, KeepsTheMode) {
  Bench bench;
  bench.write("FAXMAILC", level_2);
  fs::permissions(bench.root() / "FAXMAILC", fs::perms(0600));
  auto file = bench.file("FAXMAILC", Kind::config);
  auto catalogue = shipped();
  catalogue.convert(file, catalogue.path(file, 2, 3), bench.shadow("FAXMAILC"));
  EXPECT_EQ(fs::status(bench.shadow("FAXMAILC")).permissions(), fs::perms(0600));
}

}  // namespace
}  // namespace dfi::migrations
