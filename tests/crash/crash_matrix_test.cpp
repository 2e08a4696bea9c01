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

// An update is done, and the product has written since: one row that goes back, one that is only listed, a key of the
// configuration, records.
void written_since(Host& host) {
  add_records(host);
  const auto format = host.source("1.10") / "definitions/formats/DEMOLOG.2.toml";
  write(format, read_file(format) + "[[carry_over]]\ntable = \"DEMOLOG\"\nrequeue = \"LGTEXT LIKE 'job%'\"\n");
  host.install_100();
  fill_records(host, 1000);
  EXPECT_TRUE(ended(host.dfinstall({"update", host.release("1.10").string()})));
  host.execute("DEMOLOG", "INSERT INTO DEMOLOG VALUES(3, 'job', 3), (4, 'sent', 4)");
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
  RecordProperty("operations", static_cast<int>(n));
  ASSERT_GT(n, 10);
  int failures = 0;
  for (const long k : sample(n, static_cast<long>(number) + (way == Way::resume ? 0 : 2))) {
    const auto wrong = bench.killed_at(k, way);
    EXPECT_EQ(wrong, "") << "killed at operation " << k << " of " << n;
    if (!wrong.empty() && ++failures == 5) break;
  }
}

std::string name_of(const ::testing::TestParamInfo<std::tuple<std::size_t, Way>>& info) {
  return std::string(scenarios[std::get<0>(info.param)].name) +
         (std::get<1>(info.param) == Way::resume ? "Resume" : "Rollback");
}

INSTANTIATE_TEST_SUITE_P(Crash, CrashMatrix,
                         ::testing::Combine(::testing::Range<std::size_t>(0, 12),
                                            ::testing::Values(Way::resume, Way::rollback)),
                         name_of);

}  // namespace
}  // namespace dfi::test
