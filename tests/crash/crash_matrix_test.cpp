// SPDX-License-Identifier: Apache-2.0
// Killed at any durable operation, then `resume` or `rollback`: exactly the new or exactly the old state.
#include "messages/conversion.hpp"
#include "tests/crash/matrix.hpp"
#include "tests/support/records.hpp"

namespace dfi::test {
namespace {

void nothing(Host&) {}
void installed_100(Host& host) { host.install_100(); }

// An update that stopped at a bad row, which is then repaired.
void suspended(Host& host) {
  host.install_100();
  host.execute("DEMOSTAT", "INSERT INTO DEMOSTAT VALUES(9, '20209999')");
  EXPECT_TRUE(ended(host.dfinstall({"update", host.release("1.10").string()}), 30, msg::verify_failed));
  host.execute("DEMOSTAT", "UPDATE DEMOSTAT SET STDAT = '20200813' WHERE STID = 9");
}

void installed_110(Host& host) { host.install_110(); }

void patched(Host& host) {
  host.install_110();
  EXPECT_TRUE(ended(host.dfinstall({"ptf", "apply", host.ptf("HOT1").string()})));
}

void saved_and_changed(Host& host) {
  host.install_100();
  EXPECT_TRUE(ended(host.dfinstall({"backup", "create"})));
  EXPECT_TRUE(ended(host.dfinstall({"update", host.release("1.10").string()})));
  host.execute("DEMOLOG", "DELETE FROM DEMOLOG WHERE LGID = 1");
}

// Record files with several checkpoints, and a change in place.
void with_records(Host& host) {
  add_records(host);
  host.install_100();
  fill_records(host, 300000);
  host.execute("DEMOTAGS", "INSERT INTO DEMOTAGS(TGTEXT) VALUES('one')");
}

fs::path rejects_of(const Host& host) { return host.state("rejects") / "2/DEMORECS.rejects"; }

// Two records were rejected, and are repaired now.
void rejected_and_repaired(Host& host) {
  add_records(host);
  host.install_100();
  fill_records(host, 1000, {5, 700});
  EXPECT_TRUE(ended(host.dfinstall({"update", host.release("1.10").string(), "--on-error=reject", "--max-rejects=2"})));
  write(rejects_of(host), old_record(5) + old_record(700));
}

// One conversion more: of DEMOJOBS.
void convert_jobs(Host& host, const std::string& version) {
  const auto source = host.source(version);
  replace_in(source / "product.toml", "DEMOJOBS\"\nlevel = 1", "DEMOJOBS\"\nlevel = 2");
  write(source / "definitions/formats/DEMOJOBS.2.toml", R"(file = "DEMOJOBS"
level = 2
kind = "sqlite"
journal_mode = "wal"
schema = "CREATE TABLE DEMOJOBS(JBID INTEGER PRIMARY KEY, JBTEXT TEXT NOT NULL, JBPRI INTEGER);"
)");
  write(source / "definitions" / version / "CVTJOBS2.toml", R"(name = "CVTJOBS2"
file = "DEMOJOBS"
from = 1
to = 2
kind = "sqlite"
mode = "shadow"
convert = "ALTER TABLE DEMOJOBS ADD COLUMN JBPRI INTEGER;"
[[verify]]
name = "every row is there"
sql = "SELECT o.JBID FROM old.DEMOJOBS o LEFT JOIN main.DEMOJOBS n ON n.JBID = o.JBID WHERE n.JBTEXT IS NOT o.JBTEXT"
)");
}

// 1.20 is 1.10 under another number; before 1.20 is packed.
void make_120(Host& host) {
  const auto source = host.directory() / "vendor/1.20";
  fs::copy(host.source("1.10"), source, fs::copy_options::recursive);
  replace_in(source / "product.toml", "version = \"1.10\"", "version = \"1.20\"");
}

void before_120(Host& host) {
  host.install_110();
  make_120(host);
}

void before_120_with_jobs(Host& host) {
  before_120(host);
  convert_jobs(host, "1.20");
}

void before_110_with_jobs(Host& host) {
  convert_jobs(host, "1.10");
  host.install_100();
}

// An update is done, and the product has written since: one row that goes back, one that is only listed, one that the
// old file follows, one that it loses, a key of the configuration, records.
void written_since(Host& host) {
  add_records(host);
  const auto format = host.source("1.10") / "definitions/formats/DEMOLOG.2.toml";
  write(format, read_file(format) + "[[carry_over]]\ntable = \"DEMOLOG\"\nrequeue = \"LGTEXT LIKE 'job%'\"\n" +
                    "follow = [\"LGTEXT\"]\n");
  host.install_100();
  fill_records(host, 1000);
  EXPECT_TRUE(ended(host.dfinstall({"update", host.release("1.10").string()})));
  host.execute(
      "DEMOLOG",
      "INSERT INTO DEMOLOG VALUES(3, 'job', 3), (4, 'sent', 4); UPDATE DEMOLOG SET LGTEXT = 'done' WHERE LGID = 1;"
      "DELETE FROM DEMOLOG WHERE LGID = 2");
  host.execute("DEMOTAGS", "INSERT INTO DEMOTAGS(TGTEXT, TGCOLOR) VALUES('two', 'red')");
  replace_in(host.config("demo.toml"), "\"25\"", "\"587\"");
  const auto records = read_file(host.data("DEMORECS"));
  write(host.data("DEMORECS"), records.substr(0, records.size() / 2));
}

void updated(Host& host) {
  host.install_100();
  EXPECT_TRUE(ended(host.dfinstall({"update", host.release("1.10").string()})));
}

std::string oldest_backup(Host& host) { return host.dfinstall({"backup", "list"}).json()["backups"].back()["id"]; }

}  // namespace

const std::vector<Scenario> scenarios{
    {"FirstInstallation", nothing,
     [](Host& h) {
       return Words{"update", h.release("1.00").string()};
     },
     false},
    {"Update", installed_100,
     [](Host& h) {
       return Words{"update", h.release("1.10").string()};
     }},
    {"Resume", suspended, [](Host&) { return Words{"resume"}; }, false},
    {"Rollback", suspended, [](Host&) { return Words{"rollback"}; }, false, true},
    {"PtfApply", installed_110,
     [](Host& h) {
       return Words{"ptf", "apply", h.ptf("HOT1").string()};
     }},
    {"PtfRemove", patched,
     [](Host&) {
       return Words{"ptf", "remove", "HOT1"};
     }},
    {"BackupRestore", saved_and_changed,
     [](Host& h) {
       return Words{"backup", "restore", oldest_backup(h)};
     }},
    {"BackupCreate", installed_100,
     [](Host&) {
       return Words{"backup", "create"};
     }},
    {"RecordUpdate", with_records,
     [](Host& h) {
       return Words{"update", h.release("1.10").string()};
     }},
    {"Refeed", rejected_and_repaired,
     [](Host& h) {
       return Words{"convert", "--rejects", rejects_of(h).string()};
     }},
    {"Uninstall", installed_100,
     [](Host&) {
       return Words{"uninstall", "--yes"};
     }},
    {"Purge", installed_100,
     [](Host&) {
       return Words{"uninstall", "--purge", "--yes"};
     }},
    {"UpdateConvertsNothing", before_120,
     [](Host& h) {
       return Words{"update", h.release("1.20").string()};
     }},
    {"UpdateConvertsOne", before_120_with_jobs,
     [](Host& h) {
       return Words{"update", h.release("1.20").string()};
     }},
    {"UpdateConvertsFour", before_110_with_jobs,
     [](Host& h) {
       return Words{"update", h.release("1.10").string()};
     }},
    {"RollbackOfADoneUpdate", written_since,
     [](Host&) {
       return Words{"rollback", "--carry-over"};
     }},
    {"Commit", updated, [](Host&) { return Words{"commit"}; }},
};

namespace {

struct CrashMatrix : ::testing::TestWithParam<std::tuple<std::size_t, Way>> {};

TEST_P(CrashMatrix, EndsExactlyInTheNewOrTheOldState) {
  const auto [number, way] = GetParam();
  Bench bench(scenarios[number]);
  if (HasFailure()) return;
  const long n = bench.measure();
  if (HasFailure()) return;
  ASSERT_GT(n, 10);
  int points = 0, failures = 0;
  for (const long k : sample(n, static_cast<long>(number) + (way == Way::resume ? 0 : 2))) {
    const auto wrong = bench.killed_at(k, way);
    EXPECT_TRUE(wrong.empty()) << wrong << "killed at operation " << k << " of " << n;
    ++points;
    if (!wrong.empty() && ++failures == 5) break;
  }
  report_points("killed at a durable operation", row_name(number, way), points - failures, points,
                std::to_string(n) + " operations");
}

std::string name_of(const ::testing::TestParamInfo<std::tuple<std::size_t, Way>>& info) {
  return row_name(std::get<0>(info.param), std::get<1>(info.param));
}

INSTANTIATE_TEST_SUITE_P(Crash, CrashMatrix,
                         ::testing::Combine(::testing::Range<std::size_t>(0, scenarios.size()),
                                            ::testing::Values(Way::resume, Way::rollback)),
                         name_of);

}  // namespace
}  // namespace dfi::test
