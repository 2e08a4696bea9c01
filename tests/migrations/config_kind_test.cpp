// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "messages/general.hpp"
#include "tests/migrations/bench.hpp"
#include "tests/migrations/in_german.hpp"

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

std::string converted(const Bench& bench, const std::string& text, int level = 3,
                      std::vector<std::string>* not_carried = nullptr) {
  bench.write("FAXMAILC", text);
  auto catalogue = shipped();
  auto file = bench.file("FAXMAILC");
  auto result = migrations::convert(catalogue, file, catalogue.level_of(file), level, bench.shadow("FAXMAILC"));
  if (not_carried) *not_carried = result.not_carried;
  EXPECT_EQ(read_file(bench.root() / "FAXMAILC"), text) << "the file itself was changed";
  EXPECT_EQ(catalogue.level_of({"FAXMAILC", bench.shadow("FAXMAILC")}), level);
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

TEST(ConfigConversion, ListsWhatItKnowsNoPlaceFor) {
  Bench bench;
  std::vector<std::string> not_carried;
  auto text = converted(
      bench, std::string(level_2) + "colour = \"blue\"\n[other.x]\nsize = 1\nlist = [\"a\", \"b\"]\n[empty]\n", 3,
      &not_carried);
  EXPECT_THAT(text, HasSubstr("\nserver = \"mail.example.com\"\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("colour")));
  EXPECT_THAT(not_carried, testing::UnorderedElementsAre("line 10: colour = \"blue\"", "line 12: other.x.size = 1",
                                                         HasSubstr("line 13: other.x.list = "), "line 14: empty = {}"));
}

TEST(ConfigConversion, NamesTheLineOfAWrongType) {
  Bench bench;
  auto error = error_of([&] { converted(bench, "format_level = 2\nport = \"25\"\n"); });
  EXPECT_EQ(error.message().id, msg::conversion_failed);
  EXPECT_EQ(error.exit_code(), 30);
  EXPECT_EQ(error.arg("conversion"), "CVTMAIL1");
  EXPECT_FALSE(fs::exists(bench.shadow("FAXMAILC")));
  EXPECT_EQ(error.arg("reason"), "line 2: 'port' is not of type integer");
  EXPECT_EQ(german(error), "Zeile 2: 'port' ist nicht vom Typ integer");
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
  auto file = bench.file("FAXMAILC");
  auto catalogue = shipped();
  migrations::convert(catalogue, file, 2, 3, bench.shadow("FAXMAILC"));
  EXPECT_EQ(fs::status(bench.shadow("FAXMAILC")).permissions(), fs::perms(0600));
}

const char* const level_3 = R"(format_level = 3
server = "mail.example.com"
port = "*SUBMISSION"
ssl = "*YES"
auth = "*AUTO"
user = "scott"
password_file = "kennwort"
tls_ca_file = "own.pem"
default_sender = "fax@example.com"
helo_name = "fax.example.com"
)";

TEST(ConfigConversion, KeepsEveryValueOnTheWayToLevel4) {
  Bench bench;
  auto text = converted(bench, level_3, 4);
  std::istringstream lines(level_3);
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) EXPECT_THAT(text, HasSubstr("\n" + line + "\n"));
  EXPECT_THAT(text, HasSubstr("\nauth_plain_without_tls = \"*NO\"\n"));
  EXPECT_THAT(text, HasSubstr("\ntls_min = \"1.2\"\n"));
  EXPECT_THAT(text, HasSubstr("\nmax_connections = 2\n"));
}

TEST(ConfigConversion, AnOpenLoginOfTheOldLevelsGoesOn) {
  Bench bench;
  auto text = converted(bench, level_2, 4);
  for (const char* line : {"port = \"587\"", "ssl = \"*NO\"", "auth = \"*LOGIN\"", "user = \"Büro-Süd\"",
                           "auth_plain_without_tls = \"*YES\""})
    EXPECT_THAT(text, HasSubstr("\n" + std::string(line) + "\n"));
}

TEST(ConfigConversion, GivesAMissingKeyTheDefaultOfItsOwnLevel) {
  Bench bench;
  auto text = converted(bench, "format_level = 3\nserver = \"relay.example.com\"\n", 4);
  for (const char* line : {"port = \"25\"", "ssl = \"*NO\"", "auth = \"*NONE\""})
    EXPECT_THAT(text, HasSubstr("\n" + std::string(line) + "\n"));
}

TEST(ConfigConversion, KnowsNoTablesBeforeLevel4) {
  Bench bench;
  std::vector<std::string> not_carried;
  auto text = converted(bench, "format_level = 3\n[account.x]\nuser = \"a\"\n", 4, &not_carried);
  EXPECT_THAT(not_carried, testing::ElementsAre("line 3: account.x.user = \"a\""));
  EXPECT_THAT(text, testing::Not(HasSubstr("[account")));
}

/// Two levels with tables: the second renames `user` and makes `port` a text.
class ConfigTables : public testing::Test {
 protected:
  ConfigTables() {
    const std::string head = "file = \"C\"\nkind = \"config\"\ntitle.en = \"t\"\ntitle.de = \"t\"\n";
    write_format(1, head + key("user", "text", "\"\"") + key("port", "integer", "25") + key("old", "text", "\"\""),
                 lists);
    write_format(2, head + key("login", "text", "\"\"") + key("port", "text", "\"25\"") + key("auth", "text", "\"\""),
                 lists);
    bench.write("d/x/CVTC2.toml",
                "name = \"CVTC2\"\nfile = \"C\"\nfrom = 1\nto = 2\nkind = \"config\"\nmode = \"shadow\"\n"
                "[[operations]]\ndo = \"rename\"\nkey = \"login\"\nfrom = \"user\"\n"
                "[[operations]]\ndo = \"text\"\nkey = \"port\"\n"
                "[[operations]]\ndo = \"drop\"\nkey = \"old\"\n"
                "[[operations]]\ndo = \"set\"\nkey = \"auth\"\nvalue = \"*NONE\"\n");
  }

  static constexpr const char* lists =
      "[[tables]]\nname = \"account\"\nlists = [\"senders\"]\ncomment.en = \"more\"\n"
      "comment.de = \"mehr\"\n";
  static std::string key(const std::string& name, const std::string& type, const std::string& standard) {
    return "[[keys]]\nname = \"" + name + "\"\ntype = \"" + type + "\"\ndefault = " + standard +
           "\ncomment.en = \"c\"\ncomment.de = \"c\"\n";
  }
  void write_format(int level, const std::string& keys, const std::string& tables) const {
    bench.write("d/formats/C." + std::to_string(level) + ".toml",
                "level = " + std::to_string(level) + "\n" + keys + tables);
  }
  std::string converted(const std::string& text) {
    bench.write("C", text);
    auto catalogue = Catalogue::load(bench.root() / "d");
    auto file = bench.file("C");
    not_carried = migrations::convert(catalogue, file, 1, 2, bench.shadow("C")).not_carried;
    return read_file(bench.shadow("C"));
  }

  Bench bench;
  std::vector<std::string> not_carried;
};

TEST_F(ConfigTables, AreCarriedWithTheirKeysConverted) {
  auto text = converted(
      "format_level = 1\nuser = \"a\"\n[account.branch]\nsenders = [\"@b.example.com\", \"x@example.com\"]\n"
      "user = \"b\"\nport = 587\nold = \"gone\"\n[account.\"two words\"]\nsenders = []\n");
  EXPECT_THAT(text, HasSubstr("\nlogin = \"a\"\n"));
  EXPECT_THAT(text, HasSubstr("\n# more\n# mehr\n[account.branch]\nsenders = [\"@b.example.com\", \"x@example.com\"]\n"
                              "login = \"b\"\nport = \"587\"\n\n[account.\"two words\"]\nsenders = []\n"));
  EXPECT_THAT(not_carried, testing::ElementsAre("line 7: account.branch.old = \"gone\""));
}

TEST_F(ConfigTables, AreReadAsStrictlyAsTheRest) {
  auto reason = [&](const std::string& text) { return error_of([&] { converted(text); }).arg("reason"); };
  EXPECT_EQ(reason("format_level = 1\n[account.x]\nport = \"1\"\n"), "line 3: 'port' is not of type integer");
  EXPECT_EQ(reason("format_level = 1\n[account.x]\nsenders = [1]\n"), "line 3: 'senders' is no list of texts");
  EXPECT_EQ(reason("format_level = 1\n[account]\nuser = \"x\"\n"), "line 3: 'user' is no table");
}

TEST_F(ConfigTables, ListWhatIsUnknownInThem) {
  const auto text = converted("format_level = 1\n[account.x]\ncolour = 1\nuser = \"u\"\n");
  EXPECT_THAT(text, HasSubstr("[account.x]\nlogin = \"u\"\n"));
  EXPECT_THAT(not_carried, testing::ElementsAre("line 3: account.x.colour = 1"));
}

TEST_F(ConfigTables, AreListedOnTheWayToALevelWithoutThem) {
  write_format(2,
               "file = \"C\"\nkind = \"config\"\ntitle.en = \"t\"\ntitle.de = \"t\"\n" + key("login", "text", "\"\"") +
                   key("port", "text", "\"25\"") + key("auth", "text", "\"\""),
               "");
  converted("format_level = 1\n[account.x]\nuser = \"u\"\nsenders = [\"a\"]\n");
  EXPECT_THAT(not_carried,
              testing::ElementsAre("line 3: account.x.user = \"u\"", HasSubstr("line 4: account.x.senders = ")));
}

/// Two levels that differ in every default.
class ConfigDefaults : public ConfigTables {
 protected:
  ConfigDefaults() {
    const std::string head = "file = \"C\"\nkind = \"config\"\ntitle.en = \"t\"\ntitle.de = \"t\"\n";
    write_format(1,
                 head + key("a", "text", "\"1\"") + key("b", "integer", "1") + key("c", "text", "\"1\"") +
                     key("m", "text", "\"1\"") + key("gone", "text", "\"1\""),
                 "");
    write_format(2,
                 head + key("a", "text", "\"2\"") + key("b", "text", "\"2\"") + key("d", "text", "\"2\"") +
                     key("m", "text", "\"2\"") + key("s", "text", "\"2\""),
                 "");
    const auto operation = [](const std::string& text) { return "[[operations]]\ndo = " + text + "\n"; };
    bench.write("d/x/CVTC2.toml",
                "name = \"CVTC2\"\nfile = \"C\"\nfrom = 1\nto = 2\nkind = \"config\"\n" +
                    operation("\"text\"\nkey = \"b\"") + operation("\"rename\"\nkey = \"d\"\nfrom = \"c\"") +
                    operation("\"map\"\nkey = \"m\"\nfrom = \"m\"\nvalues = {1 = \"one\", 5 = \"five\"}") +
                    operation("\"set\"\nkey = \"s\"\nvalue = \"1\"") + operation("\"drop\"\nkey = \"gone\""));
  }
};

TEST_F(ConfigDefaults, GiveWayToTheNewOnesUnlessAPersonChoseOrTheDefinitionSays) {
  auto text = converted("format_level = 1\na = \"1\"\nb = 1\nc = \"1\"\nm = \"1\"\ngone = \"1\"\n");
  for (const char* line : {"a = \"2\"", "b = \"2\"", "d = \"2\"", "m = \"one\"", "s = \"1\""})
    EXPECT_THAT(text, HasSubstr("\n" + std::string(line) + "\n"));
  EXPECT_TRUE(not_carried.empty());
  text = converted("format_level = 1\na = \"5\"\nb = 5\nc = \"5\"\nm = \"5\"\ngone = \"5\"\n");
  for (const char* line : {"a = \"5\"", "b = \"5\"", "d = \"5\"", "m = \"five\"", "s = \"1\""})
    EXPECT_THAT(text, HasSubstr("\n" + std::string(line) + "\n"));
  EXPECT_THAT(not_carried, testing::ElementsAre("line 6: gone = \"5\""));
}

TEST_F(ConfigDefaults, StayWhereTheDefinitionKeepsThem) {
  bench.write("d/x/CVTC2.toml",
              read_file(bench.root() / "d/x/CVTC2.toml") + "[[operations]]\ndo = \"keep\"\nkey = \"a\"\n");
  const auto text = converted("format_level = 1\n");
  EXPECT_THAT(text, HasSubstr("\na = \"1\"\n"));
  EXPECT_THAT(text, HasSubstr("\nb = \"2\"\n"));
}

}  // namespace
}  // namespace dfi::migrations
