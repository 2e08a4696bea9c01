// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/definition.hpp"

#include <gtest/gtest.h>

#include "tests/migrations/bench.hpp"

namespace dfi::migrations {
namespace {

const char* const format = R"toml(file = "FAXLGO"
level = 3
kind = "sqlite"
schema = "CREATE TABLE FAXLGO(LGID INTEGER PRIMARY KEY)"
)toml";

const char* const conversion = R"toml(name = "CVTLGO1"
file = "FAXLGO"
from = 3
to = 4
kind = "sqlite"
mode = "shadow"
convert = "ALTER TABLE FAXLGO ADD COLUMN LGNEW TEXT"
[[verify]]
name = "rows equal"
sql = "SELECT 1 WHERE 0"
)toml";

const char* const next_format = R"toml(file = "FAXLGO"
level = 4
kind = "sqlite"
schema = "CREATE TABLE FAXLGO(LGID INTEGER PRIMARY KEY, LGNEW TEXT)"
)toml";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  return text.replace(text.find(what), what.size(), by);
}

/// Loads a directory with these two formats and this conversion.
Error load_error(const std::string& conversion_text) {
  Bench bench;
  bench.write("d/formats/FAXLGO.3.toml", format);
  bench.write("d/formats/FAXLGO.4.toml", next_format);
  bench.write("d/5.92/CVTLGO1.toml", conversion_text);
  return error_of([&] { Catalogue::load(bench.root() / "d"); });
}

Error format_error(const std::string& text, const std::string& name = "FAXLGO.3.toml") {
  Bench bench;
  bench.write("d/formats/" + name, text);
  return error_of([&] { Catalogue::load(bench.root() / "d"); });
}

TEST(Definition, IsReadCompletely) {
  Bench bench;
  auto read = read_conversion(bench.write("5.92/CVTLGO1.toml", conversion));
  EXPECT_EQ(read.name, "CVTLGO1");
  EXPECT_EQ(read.file, "FAXLGO");
  EXPECT_EQ(read.from, 3);
  EXPECT_EQ(read.to, 4);
  ASSERT_EQ(read.verify.size(), 1u);
  EXPECT_EQ(read.verify[0].name, "rows equal");
}

TEST(Definition, NamesTheFileAndTheKeyThatIsMissing) {
  auto error = format_error(replaced(format, "kind = \"sqlite\"\n", ""));
  EXPECT_EQ(error.message().id, msg::definition_malformed);
  EXPECT_EQ(error.exit_code(), 23);
  EXPECT_EQ(fs::path(error.arg("path")).filename(), "FAXLGO.3.toml");
  EXPECT_EQ(error.arg("reason"), "key 'kind' is missing");
}

TEST(Definition, NamesTheLineOfAnUnknownKey) {
  auto error = format_error(replaced(format, "kind", "colour = 1\nkind"));
  EXPECT_EQ(error.arg("line"), "3");
  EXPECT_EQ(error.arg("reason"), "unknown key 'colour'");
}

TEST(Definition, NamesTheLineThatIsNoToml) {
  EXPECT_EQ(format_error(replaced(format, "level = 3", "level =")).arg("line"), "2");
}

TEST(Definition, RefusesALevelThatIsNone) {
  EXPECT_EQ(format_error(replaced(format, "level = 3", "level = 0")).arg("line"), "2");
  EXPECT_EQ(format_error(replaced(format, "level = 3", "level = \"3\"")).arg("reason"), "'level' is no integer");
}

TEST(Definition, RefusesALevelThatDoesNotFitTheFileName) {
  EXPECT_EQ(format_error(format, "FAXLGO.4.toml").arg("line"), "2");
}

TEST(Definition, RefusesAConversionThatDoesNotLeadUpwards) {
  EXPECT_EQ(load_error(replaced(conversion, "to = 4", "to = 3")).arg("line"), "4");
}

TEST(Definition, RefusesAConversionToALevelWithoutFormat) {
  EXPECT_EQ(load_error(replaced(conversion, "to = 4", "to = 5")).arg("reason"), "there is no format FAXLGO 5");
}

TEST(Definition, RefusesAConversionWithoutChecks) {
  EXPECT_EQ(load_error(std::string(conversion).substr(0, std::string(conversion).find("[[verify]]"))).message().id,
            msg::definition_malformed);
}

TEST(Definition, RefusesASchemaThatIsNoSql) {
  auto error = format_error(replaced(format, "CREATE TABLE", "CREATE TABEL"));
  EXPECT_EQ(error.arg("line"), "4");
}

TEST(Definition, RefusesAConversionThatMakesAnotherSchemaThanItsLevel) {
  auto error = load_error(replaced(conversion, "LGNEW TEXT", "LGNEW INTEGER"));
  EXPECT_EQ(error.arg("reason"), "table FAXLGO is not the one of level 4");
  EXPECT_EQ(error.arg("line"), "7");
}

TEST(Definition, RefusesStatementsThatAreTheEnginesOwn) {
  for (const char* statement : {"COMMIT", "BEGIN", "ROLLBACK", "SAVEPOINT a", "PRAGMA user_version = 9",
                                "ATTACH 'x' AS y", "DETACH old", "VACUUM"}) {
    auto error =
        load_error(replaced(conversion, "ADD COLUMN LGNEW TEXT", std::string("ADD COLUMN LGNEW TEXT; ") + statement));
    EXPECT_EQ(error.message().id, msg::definition_malformed) << statement;
  }
  auto error = load_error(replaced(conversion, "ADD COLUMN LGNEW TEXT", "ADD COLUMN LGNEW TEXT; COMMIT"));
  EXPECT_EQ(error.arg("reason"), "COMMIT is not allowed in a conversion");
}

TEST(Definition, RefusesACheckThatChangesSomething) {
  auto error = load_error(replaced(conversion, "SELECT 1 WHERE 0", "DELETE FROM FAXLGO"));
  EXPECT_EQ(error.arg("reason"), "a change inside a check is not allowed in a conversion");
}

TEST(Definition, RefusesAConfigurationKeyThatVanishesWithoutBeingNamed) {
  Bench bench;
  bench.copy_shipped_definitions("d");
  auto path = bench.root() / "d/5.92/CVTMAIL1.toml";
  auto text = read_file(path);
  bench.write("d/5.92/CVTMAIL1.toml", replaced(text, "from = \"smtp_auth\"", "from = \"user\""));
  auto error = error_of([&] { Catalogue::load(bench.root() / "d"); });
  EXPECT_EQ(error.message().id, msg::definition_malformed);
}

}  // namespace
}  // namespace dfi::migrations
