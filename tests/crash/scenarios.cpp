// SPDX-License-Identifier: Apache-2.0
#include "tests/crash/scenarios.hpp"

#include <algorithm>

#include "messages/conversion.hpp"
#include "tests/crash/conversion_scenarios.hpp"
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
  host.mark_data_files();
  EXPECT_TRUE(ended(host.dfinstall({"backup", "create"})));
  EXPECT_TRUE(ended(host.dfinstall({"update", host.release("1.10").string()})));
  host.execute("DEMOLOG", "DELETE FROM DEMOLOG WHERE LGID = 1");
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

// 1.00 with records; rows that 1.10 writes may go back.
void carrying_over(Host& host) {
  add_records(host);
  const auto format = host.source("1.10") / "definitions/formats/DEMOLOG.2.toml";
  write(format, read_file(format) + "[[carry_over]]\ntable = \"DEMOLOG\"\nrequeue = \"LGTEXT LIKE 'job%'\"\n" +
                    "follow = [\"LGTEXT\"]\n");
  host.install_100();
  fill_records(host, 1000);
}

// An update is done, and the product has written since: one row that goes back, one that is only listed, one that the
// old file follows, one that it loses, a key of the configuration, records.
void write_since(Host& host) {
  host.mark_data_files();
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

void written_since(Host& host) {
  carrying_over(host);
  write_since(host);
}

// The same without a product before: the data stood there, with a further name of the records, and one file was
// missing.
void written_since_the_first(Host& host) {
  carrying_over(host);
  EXPECT_TRUE(ended(host.dfinstall({"uninstall", "--yes"})));
  fs::create_hard_link(host.data("DEMORECS"), host.data("RECORDS.hard"));
  fs::remove(host.data("DEMOAREA"));
  fs::remove_all(host.root() / "srv/demo");
  write_since(host);
  write(host.data("DEMOAREA"), std::string(99, ' ') + "X");
}

void updated(Host& host) {
  host.install_100();
  EXPECT_TRUE(ended(host.dfinstall({"update", host.release("1.10").string()})));
}

std::string oldest_backup(Host& host) { return host.dfinstall({"backup", "list"}).json()["backups"].back()["id"]; }

Words update_100(Host& host) { return {"update", host.release("1.00").string()}; }
Words update_110(Host& host) { return {"update", host.release("1.10").string()}; }
Words update_120(Host& host) { return {"update", host.release("1.20").string()}; }
Words resume(Host&) { return {"resume"}; }
Words rollback(Host&) { return {"rollback"}; }
Words take_back(Host&) { return {"rollback", "--carry-over"}; }
Words apply_ptf(Host& host) { return {"ptf", "apply", host.ptf("HOT1").string()}; }
Words remove_ptf(Host&) { return {"ptf", "remove", "HOT1"}; }
Words restore_backup(Host& host) { return {"backup", "restore", oldest_backup(host)}; }
Words create_backup(Host&) { return {"backup", "create"}; }
Words uninstall(Host&) { return {"uninstall", "--yes"}; }
Words purge(Host&) { return {"uninstall", "--purge", "--yes"}; }
Words commit(Host&) { return {"commit"}; }

}  // namespace

const std::vector<Scenario> scenarios{
    {"FirstInstallation", nothing, update_100, false},
    {"Update", installed_100, update_110},
    {"Resume", suspended, resume, false},
    {"Rollback", suspended, rollback, false, true},
    {"PtfApply", installed_110, apply_ptf},
    {"PtfRemove", patched, remove_ptf},
    {"BackupRestore", saved_and_changed, restore_backup},
    {"BackupCreate", installed_100, create_backup},
    {"RecordUpdate", with_records, update_110},
    {"Refeed", rejected_and_repaired, refeed},
    {"Uninstall", installed_100, uninstall},
    {"Purge", installed_100, purge},
    {"UpdateConvertsNothing", before_120, update_120},
    {"UpdateConvertsOne", before_120_with_jobs, update_120},
    {"UpdateConvertsFour", before_110_with_jobs, update_110},
    {"RollbackOfADoneUpdate", written_since, take_back},
    {"Commit", updated, commit},
    {"LoadUpdate", with_a_load, update_110},
    {"FurtherNames", with_further_names, update_110},
    {"ResumeWithPtf", with_a_correction, resume_with_ptf, false, false, resume_with_ptf},
    {"ResumeWithOtherWishes", stopped_late, resume_otherwise, false, false, resume_otherwise},
    {"ExternalUpdate", by_a_program, update_110},
    {"RollbackOfAFirstInstallation", written_since_the_first, take_back},
};

const Scenario& scenario_named(const std::string& name) {
  return *std::find_if(scenarios.begin(), scenarios.end(), [&](const auto& one) { return one.name == name; });
}

std::string row_name(std::size_t scenario, Way way) {
  return std::string(scenarios[scenario].name) + (way == Way::resume ? "Resume" : "Rollback");
}

}  // namespace dfi::test
