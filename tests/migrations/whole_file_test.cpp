// SPDX-License-Identifier: Apache-2.0
// A route of several passes is one conversion to whoever runs it: a limit of rejects is that of the data file, and a
// refused record is told as it stands there.
#include <fmt/core.h>

#include <algorithm>

#include "messages/external.hpp"
#include "messages/record_pass.hpp"
#include "tests/migrations/in_german.hpp"
#include "tests/migrations/ledger.hpp"

namespace dfi::migrations {
namespace {

struct Kept : Unsupervised {
  std::optional<Json> checkpoint() override { return saved; }
  void save_checkpoint(const Json& json) override { saved = json; }
  void refused(const Refusal& refusal) override { refusals.push_back(refusal); }
  std::optional<Json> saved;
  std::vector<Refusal> refusals;
};

struct WholeFile : Ledger {
  std::string unknown_kind(int id) const { return record(1, id, "2020-08-11", "X"); }
  std::string bad_sum(int id) const { return record(1, id).replace(30, 1, "\xff"); }
  Catalogue::Result go(bool fuse, int to = 3) {
    const auto all = catalogue();
    return all.convert(file, all.route(file, 1, to, fuse), shadow, policy, kept);
  }
  void allow(std::uint64_t records, double share = 0) {
    policy.on_error = OnError::reject;
    policy.max_rejects = RejectLimit{records, share};
  }
  /// A program copies a record file, without its first record, which it refuses; CVTLG3 reads what it makes.
  void put_a_program_before() {
    bench.write("d/formats/LEDGER.1.toml",
                std::string(ledger_2).replace(std::string(ledger_2).find("level = 2"), 9, "level = 1"));
    bench.write("d/2/CVTLG2.toml",
                "name = \"CVTLG2\"\nfile = \"LEDGER\"\nfrom = 1\nto = 2\nkind = \"external\"\nprogram = \"copy\"\n");
    bench.write("d/2/programs/copy",
                "#!/bin/sh\nhead -c 42 \"$2\" > \"$6\"; tail -c +43 \"$2\" > \"$4\"\n"
                "echo '{\"refused\": {\"record\": 1, \"reason\": \"the first\"}}' >&3\n");
  }
  Policy policy;
  Kept kept;
};

struct FusedOrNot : WholeFile, testing::WithParamInterface<bool> {};
INSTANTIATE_TEST_SUITE_P(Passes, FusedOrNot, testing::Bool(),
                         [](const auto& each) { return each.param ? "Fused" : "OneForEach"; });

TEST_P(FusedOrNot, TheOperatorsLimitCountsAllConversionsTogether) {
  bench.write("LEDGER", bad_sum(1) + unknown_kind(2) + record(1, 3));
  allow(1);
  const auto error = error_of([&] { go(GetParam()); });
  EXPECT_EQ(error.message().id, msg::too_many_rejects);
  EXPECT_EQ(error.arg("rejected"), "2");
  EXPECT_EQ(error.arg("limit"), "1");
  EXPECT_EQ(error.arg("records"), "3");
  allow(2);
  EXPECT_EQ(go(GetParam()).rejected, 2u);
}

TEST_P(FusedOrNot, APercentageIsOfTheRecordsOfTheFile) {
  std::string bytes;
  for (int id = 1; id <= 100; ++id) bytes += id <= 50 ? bad_sum(id) : id == 51 ? unknown_kind(id) : record(1, id);
  bench.write("LEDGER", bytes);
  allow(0, 0.5);
  EXPECT_EQ(error_of([&] { go(GetParam()); }).arg("rejected"), "51");
  allow(0, 0.51);
  EXPECT_EQ(go(GetParam()).rejected, 51u);
}

TEST_F(WholeFile, WhatPassesBeforeRejectedIsNotForgottenByAStricterResume) {
  bench.write("LEDGER", bad_sum(1) + bad_sum(2) + unknown_kind(3) + record(1, 4));
  allow(2);
  EXPECT_EQ(error_of([&] { go(false); }).arg("conversion"), "CVTLG3");
  ASSERT_EQ(kept.saved->value("part", 0), 1);
  allow(1);
  const auto error = error_of([&] { go(false); });
  EXPECT_EQ(error.arg("conversion"), "CVTLG2");
  EXPECT_EQ(error.arg("rejected"), "2");
  policy.on_error = OnError::abort;
  EXPECT_EQ(error_of([&] { go(false); }).message().id, msg::record_refused);
}

TEST_F(WholeFile, TheLimitCountsWhatAProgramRefused) {
  put_a_program_before();
  bench.write("LEDGER", records_of(2, 1, 2) + record(2, 3, "2020-08-11", "X") + record(2, 4));
  allow(1);
  const auto error = error_of([&] { go(true); });
  EXPECT_EQ(error.message().id, msg::too_many_rejects);
  EXPECT_EQ(error.arg("conversion"), "CVTLG3");
  EXPECT_EQ(error.arg("rejected"), "2");
  allow(2);
  EXPECT_EQ(go(true).rejected, 2u);
}

TEST_F(WholeFile, AnAbortInALaterPassNamesTheRecordOfTheDataFile) {
  bench.write("LEDGER", bad_sum(1) + record(1, 2) + unknown_kind(3) + record(1, 4));
  bench.write("d/2/CVTLG2.toml", "on_error = \"reject\"\nmax_rejects = 1\n" + std::string(ledger_1_to_2));
  const auto error = error_of([&] { go(false); });
  EXPECT_EQ(error.message().id, msg::record_refused_later);
  EXPECT_EQ(error.arg("conversion"), "CVTLG3");
  EXPECT_EQ(error.arg("record"), "3");
  EXPECT_EQ(error.arg("offset"), "80");
  EXPECT_EQ(error.arg("length"), "40");
  EXPECT_EQ(error.arg("field"), "LGKIND");
  EXPECT_EQ(error.arg("field_offset"), "35");
  EXPECT_EQ(error.arg("hex"), "E740");
  EXPECT_EQ(error.arg("bytes_of"), file.path.string());
  EXPECT_EQ(error.arg("key"), "LGID 3");
  EXPECT_EQ(error.arg("type"), "char(2)");
  // As it says, repaired there it goes through.
  bench.write("LEDGER", bad_sum(1) + record(1, 2) + record(1, 3) + record(1, 4));
  EXPECT_EQ(go(false).rows_after, 3u);
}

TEST_F(WholeFile, AnAbortBehindAProgramSaysWhoseRecordItIs) {
  put_a_program_before();
  allow(1);
  policy.on_error.reset();
  bench.write("d/2/CVTLG2.toml", "on_error = \"reject\"\n" + read_file(bench.root() / "d/2/CVTLG2.toml"));
  bench.write("LEDGER", records_of(2, 1, 2) + record(2, 3, "2020-08-11", "X") + record(2, 4));
  const auto error = error_of([&] { go(true); });
  EXPECT_EQ(error.message().id, msg::made_record_refused);
  EXPECT_EQ(error.arg("made_by"), "CVTLG2");
  EXPECT_EQ(error.arg("one_more"), "2") << "--max-rejects counts what the program refused, too";
  EXPECT_EQ(error.arg("record"), "2");
  EXPECT_EQ(error.arg("offset"), "42");
  EXPECT_EQ(read_file(error.arg("bytes_of")).substr(42, 42), record(2, 3, "2020-08-11", "X"));
  EXPECT_EQ(recovery(error.message(), Language::english).find("Repair the record in"), std::string::npos);
}

TEST_F(WholeFile, AProgramThatRefusesInALaterPassSendsNobodyToTheWrongRecord) {
  bench.write("d/3/CVTLG3.toml",
              "name = \"CVTLG3\"\nfile = \"LEDGER\"\nfrom = 2\nto = 3\nkind = \"external\"\nprogram = \"refuses\"\n");
  bench.write("d/3/programs/refuses",
              "#!/bin/sh\necho '{\"refused\": {\"record\": 2, \"field\": \"LGID\", \"reason\": \"too big\"}}' >&3\n");
  bench.write("LEDGER", record(1, 1) + record(1, 2));
  const auto error = error_of([&] { go(true); });
  EXPECT_EQ(error.message().id, msg::external_bad_made);
  EXPECT_EQ(error.exit_code(), 30);
  EXPECT_EQ(error.arg("made_by"), "CVTLG2");
  EXPECT_EQ(german(error), "Satz 2, Feld LGID ab Stelle 0 (hex –); too big");
  EXPECT_NE(recovery(error.message(), Language::english).find("by their values"), std::string::npos);
}

TEST_F(WholeFile, ACheckNamesTheSameRecordsWhetherFusedOrNot) {
  // Refused by the first pass, the second, as duplicates there, and by the table.
  std::string bytes = record(1, 9);
  for (int id = 1; id <= 40; ++id)
    bytes += id % 9 == 0   ? bad_sum(id)
             : id % 7 == 0 ? unknown_kind(id)
             : id == 32    ? record(1, 31)
             : id == 33    ? record(1, 33).replace(10, 20, std::string(20, '\x40'))
                           : record(1, id);
  bench.write("LEDGER", bytes);
  std::string with_check = ledger_4;
  bench.write("d/formats/LEDGER.4.toml", with_check.replace(with_check.find("LGNAME TEXT NOT NULL"), 20,
                                                            "LGNAME TEXT NOT NULL CHECK(LGNAME <> '')"));
  policy.collect = true;
  auto told = [&](bool fuse) {
    kept = {};
    go(fuse, 4);
    std::vector<std::string> lines;
    for (const auto& refusal : kept.refusals) lines.push_back(refusal.to_json().dump());
    std::sort(lines.begin(), lines.end());
    return lines;
  };
  const auto fused = told(true);
  EXPECT_EQ(fused.size(), 4u + 5u + 1u + 1u);
  EXPECT_EQ(told(false), fused);
}

TEST_F(WholeFile, ACheckSaysWhatItCannotLeadBack) {
  put_a_program_before();
  bench.write("LEDGER", records_of(2, 1, 2) + record(2, 3, "2020-08-11", "X"));
  policy.collect = true;
  go(true);
  ASSERT_EQ(kept.refusals.size(), 2u);
  EXPECT_EQ(kept.refusals[0].made_by, "");
  EXPECT_EQ(kept.refusals[1].made_by, "CVTLG2");
  EXPECT_EQ(kept.refusals[1].record, 2u);
  EXPECT_EQ(kept.refusals[1].to_json()["made_by"], "CVTLG2");
}

/// Fields that get other names, in one pass or two.
struct OtherNames : WholeFile {
  OtherNames() {
    level(1, 7, "A packed(3)\nB packed(3)\nN packed(5,2)", "A\", \"B");
    level(2, 7, "C packed(3)\nD packed(3)\nS packed(5,2)", "C\", \"D");
    level(3, 6, "E packed(3)\nF packed(3)\nT packed(3)", "E\", \"F");
    step(2, "C = \"A\"\nD = \"B\"\nS = \"N\"\n");
    step(3, "E = \"C\"\nF = \"D\"\nT = \"unscaled(S)\"\n[verify]\nunique = [\"E\", \"F\"]\n");
    file = bench.file("NAMES");
    policy.collect = true;
  }
  void level(int level, int length, const std::string& fields, const std::string& key) {
    bench.write(fmt::format("d/formats/NAMES.{}.toml", level),
                fmt::format("file = \"NAMES\"\nlevel = {}\nkind = \"records\"\nlength = {}\nccsid = 273\n"
                            "key = [\"{}\"]\nfields = \"\"\"\n{}\n\"\"\"\n",
                            level, length, key, fields));
  }
  void step(int to, const std::string& map) {
    bench.write(fmt::format("d/{0}/NAMES{0}.toml", to),
                fmt::format("name = \"NAMES{}\"\nfile = \"NAMES\"\nfrom = {}\nto = {}\nkind = \"records\"\n[map]\n{}",
                            to, to - 1, to, map));
  }
  std::string one(int a, int b, const std::string& n) const {
    return records::make_record(*read_format(bench.root() / "d/formats/NAMES.1.toml").record,
                                {{"A", std::to_string(a)}, {"B", std::to_string(b)}, {"N", n}});
  }
};

TEST_F(OtherNames, AreToldAsTheFileHasThem) {
  bench.write("NAMES", one(2, 1, "1.00") + one(1, 1, "12.34") + one(2, 1, "2.00"));
  for (bool fuse : {true, false}) {
    kept = {};
    go(fuse);
    ASSERT_EQ(kept.refusals.size(), 2u);
    EXPECT_EQ(kept.refusals[0].field, "N") << fuse;
    EXPECT_EQ(kept.refusals[0].record, 2u);
    EXPECT_EQ(kept.refusals[0].offset, 11u);
    EXPECT_EQ(kept.refusals[0].hex, "01234F");
    EXPECT_EQ(kept.refusals[1].field, "A, B") << fuse;
    EXPECT_EQ(kept.refusals[1].record, 3u);
  }
}

}  // namespace
}  // namespace dfi::migrations
