// SPDX-License-Identifier: Apache-2.0
// What the shipped formats carry over: jobs of FAXKA; and the kinds of data files that have no rows.
#include <gmock/gmock.h>

#include "tests/migrations/bench.hpp"

namespace dfi::migrations {
namespace {

using testing::HasSubstr;

// What FAXKA of 5.91 to 6.06 says of itself, on an older file with the same tables.
class CarryOverOfJobs : public testing::Test {
 protected:
  CarryOverOfJobs() {
    for (const auto& path : {now.path, older}) catalogue.create({"FAXKA", path}, 4);
    for (const char* name : {"NOW", "OLD"})
      bench.sql(name, mail(1, "queued", "one") + mail(2, "queued", "two") + mail(3, "sent", "three"));
    fs::copy_file(now.path, bench.root() / "THEN");
  }
  static std::string mail(int id, const std::string& state, const std::string& key) {
    const auto number = std::to_string(id);
    return "INSERT INTO FAXKA(KAID, KAKEY, KASTAT, KATS, KAUSR, KAFROM, KASUBJ, KAMSGID, KASIZE) VALUES(" + number +
           ", '" + key + "', '" + state + "', '2026-11-28T00:00:00Z', 'scott', 'a@example.com', 's', '<" + key +
           "@example.com>', 4); INSERT INTO FAXRCP(RCKA, RCADDR) VALUES(" + number + ", 'b@example.com'), (" + number +
           ", 'c@example.com'); INSERT INTO FAXMSG(MSKA, MSMAIL) VALUES(" + number + ", x'6d61696c');";
  }
  Catalogue::Carried carried() {
    return catalogue.carry_over(now, 4, bench.root() / "THEN", older, [](const Json&) {});
  }
  std::string in_older(const std::string& query) const { return value(older, query); }

  Catalogue catalogue = shipped();
  Bench bench;
  DataFile now{"FAXKA", bench.root() / "NOW"};
  fs::path older = bench.root() / "OLD";
};

TEST_F(CarryOverOfJobs, PutsBackWhatIsStillToBeSent) {
  std::string sql;
  int id = 10;
  for (const char* state : {"queued", "active", "held", "dot", "sent", "failed"}) sql += mail(id++, state, state);
  bench.sql("NOW", sql + "UPDATE FAXRCP SET RCSTAT = 'sent' WHERE RCKA = 10 AND RCADDR = 'b@example.com'");
  const auto found = carried();
  EXPECT_EQ(found.created, 24u);
  EXPECT_EQ(found.requeued, 12u);
  EXPECT_EQ(found.refused, 0u);
  EXPECT_EQ(in_older("SELECT group_concat(KASTAT) FROM (SELECT KASTAT FROM FAXKA WHERE KAID > 9 ORDER BY KAID)"),
            "queued,active,held");
  EXPECT_EQ(in_older("SELECT count(*) FROM FAXMSG WHERE MSKA > 9 AND MSMAIL = x'6d61696c'"), "3");
  EXPECT_EQ(in_older("SELECT RCADDR FROM FAXRCP WHERE RCKA = 10 AND RCSTAT = 'queued'"), "c@example.com")
      << "who has it already gets it no second time";
}

TEST_F(CarryOverOfJobs, SendsNothingOnceMoreThatWasSentSince) {
  bench.sql("NOW",
            "UPDATE FAXKA SET KASTAT = 'sent' WHERE KAID = 1; UPDATE FAXRCP SET RCSTAT = 'sent' WHERE RCKA = 1;"
            "PRAGMA foreign_keys = ON; DELETE FROM FAXKA WHERE KAID = 2");
  const auto found = carried();
  EXPECT_EQ(found.refused, 0u);
  EXPECT_EQ(in_older("SELECT group_concat(KAID || KASTAT) FROM FAXKA"), "1sent,3sent");
  EXPECT_EQ(in_older("SELECT count(*) FROM FAXRCP WHERE RCSTAT = 'queued' AND RCKA < 3"), "0");
  EXPECT_EQ(in_older("SELECT count(*) FROM FAXMSG WHERE MSKA = 2"), "0") << "it goes with its job";
}

TEST_F(CarryOverOfJobs, PutsNoMailBackWithoutItsText) {
  bench.sql("OLD", "INSERT INTO FAXMSG(MSKA, MSFILE) VALUES(1 + (SELECT max(MSKA) FROM FAXMSG), 'taken')");
  bench.sql("NOW", mail(10, "queued", "ten") + "UPDATE FAXMSG SET MSMAIL = NULL, MSFILE = 'taken' WHERE MSKA = 10;" +
                       mail(11, "queued", "eleven"));
  const auto found = carried();
  EXPECT_EQ(found.requeued, 4u);
  EXPECT_EQ(found.refused, 4u);
  EXPECT_EQ(in_older("SELECT group_concat(KAID) FROM (SELECT KAID FROM FAXKA ORDER BY KAID)"), "1,2,3,11");
}

TEST(CarryOverOfOtherKinds, ComparesAConfigurationKeyByKeyAndBytesAsAWhole) {
  Bench bench;
  const auto all = shipped();
  const DataFile config{"FAXMAILC", bench.root() / "faxmail.toml"}, area{"FAXDTAARA", bench.root() / "AREA"};
  all.create(config, 4);
  all.create(area, 2);
  fs::copy_file(config.path, bench.root() / "config.then");
  fs::copy_file(area.path, bench.root() / "area.then");
  std::vector<Json> lines;
  const auto tell = [&](const Json& line) { lines.push_back(line); };
  EXPECT_FALSE(all.carry_over(config, 4, bench.root() / "config.then", {}, tell).any());
  EXPECT_FALSE(all.carry_over(area, 2, bench.root() / "area.then", {}, tell).any());
  auto text = read_file(config.path);
  const std::string line = "\nport = ";
  text.replace(text.find(line), line.size(), "\nport = \"2525\" # ");
  bench.write("faxmail.toml", text + "\n[account.x]\nuser = \"scott\"\n");
  auto bytes = read_file(area.path);
  bytes[7] = 'X';
  bench.write("AREA", bytes);
  const auto found = all.carry_over(config, 4, bench.root() / "config.then", {}, tell);
  EXPECT_EQ(found.changed, 1u);
  EXPECT_EQ(found.created, 2u) << "the table and its key";
  EXPECT_FALSE(found.whole);
  EXPECT_THAT(lines.back().dump(), HasSubstr(R"({"change":"changed","key":"port","values":"2525","before":)"));
  const auto whole = all.carry_over(area, 2, bench.root() / "area.then", {}, tell);
  EXPECT_TRUE(whole.whole);
  EXPECT_EQ(whole.created + whole.changed + whole.deleted, 0u);
}

}  // namespace
}  // namespace dfi::migrations
