// SPDX-License-Identifier: Apache-2.0
#include "tests/crash/conversion_scenarios.hpp"

#include "messages/record_pass.hpp"
#include "tests/support/records.hpp"

namespace dfi::test {
namespace {

fs::path rejects_of(const Host& host) { return host.state("rejects") / "2/DEMORECS.rejects"; }

// The update stopped at record `bad`.
void stopped_at_a_record(Host& host, std::uint32_t records, std::uint32_t bad) {
  add_records(host);
  host.install_100();
  fill_records(host, records, {bad});
  host.execute("DEMOSTAT", "CREATE VIEW OWN AS SELECT STID FROM DEMOSTAT");
  EXPECT_TRUE(ended(host.dfinstall({"update", host.release("1.10").string()}), 30, msg::record_refused));
}

fs::path correction(const Host& host) { return host.directory() / "FIX1.SAVF"; }

// It waits where a file says so, once, as shell and as a child of the shell, and with the data file open.
constexpr auto program = R"(#!/bin/sh
wait_here() {
  [ -e '@HERE@/at-'$1 ] || return 0
  rm '@HERE@/at-'$1
  exec 8<"$2"
  sleep 60 &
  echo $$ $! >'@HERE@/pids.new'
  mv '@HERE@/pids.new' '@HERE@/pids'
  wait
}
wait_here 0 "$2"
sqlite3 "$2" ".backup '$4'" || exit 1
echo '{"done": 1, "total": 2}' >&3
wait_here 1 "$2"
sqlite3 "$4" "CREATE TABLE DEMOLOG_new(LGID INTEGER PRIMARY KEY, LGTEXT TEXT NOT NULL, LGSIZE INTEGER NOT NULL);
INSERT INTO DEMOLOG_new SELECT LGID, LGTEXT, length(LGTEXT) FROM DEMOLOG;
DROP TABLE DEMOLOG; ALTER TABLE DEMOLOG_new RENAME TO DEMOLOG; PRAGMA user_version = 2" || exit 1
wait_here 2 "$2"
)";

}  // namespace

void with_records(Host& host) {
  add_records(host);
  host.install_100();
  fill_records(host, 300000);
  host.execute("DEMOTAGS", "INSERT INTO DEMOTAGS(TGTEXT) VALUES('one')");
}

void rejected_and_repaired(Host& host) {
  add_records(host);
  host.install_100();
  fill_records(host, 1000, {5, 700});
  EXPECT_TRUE(ended(host.dfinstall({"update", host.release("1.10").string(), "--on-error=reject", "--max-rejects=2"})));
  write(rejects_of(host), old_record(5) + old_record(700));
}

Words refeed(Host& host) { return {"convert", "--rejects", rejects_of(host).string()}; }

void with_a_load(Host& host) {
  add_records(host);
  make_tables_of_records(host);
  host.install_100();
  fill_records(host, 2000);
}

void with_further_names(Host& host) {
  add_records(host);
  host.install_100();
  fill_records(host, 1000);
  fs::create_hard_link(host.data("DEMORECS"), host.data("RECORDS.hard"));
  fs::create_symlink("DEMORECS", host.data("RECORDS.link"));
  fs::create_directories(host.root() / "srv");
  fs::rename(host.data("DEMOLOG"), host.root() / "srv/LOG");
  fs::create_symlink("../../../srv/LOG", host.data("DEMOLOG"));
}

void with_a_correction(Host& host) {
  stopped_at_a_record(host, 1000, 700);
  const auto source = host.directory() / "corrected";
  fs::copy(host.source("1.10"), source, fs::copy_options::recursive);
  const auto conversion = source / "definitions/1.10/CVTRECS2.toml";
  replace_in(conversion, "[verify]\nsum = [\"RCSUM\"]\n", "[map]\nRCSUM = \"default(0)\"\n[verify]\n");
  replace_in(conversion, "drop = [\"RCRES\"]", "drop = [\"RCRES\", \"RCSUM\"]");
  packer::write_definitions(host.release("1.10").string(), packer::read_source(source),
                            {"FIX1", {}, {"1.10"}, "fix", "Korrektur"}, correction(host), host.key());
}

Words resume_with_ptf(Host& host) { return {"resume", "--with-ptf", correction(host).string()}; }

void stopped_late(Host& host) { stopped_at_a_record(host, 140000, 139000); }

Words resume_otherwise(Host&) { return {"resume", "--on-error=reject", "--max-rejects=1", "--dependents=save-only"}; }

void by_a_program(Host& host) {
  const auto definitions = host.source("1.10") / "definitions/1.10";
  write(definitions / "CVTLOG2.toml",
        "name = \"CVTLOG2\"\nfile = \"DEMOLOG\"\nfrom = 1\nto = 2\nkind = \"external\"\nprogram = \"cvtlog2\"\n");
  write(definitions / "programs/cvtlog2", program);
  while (read_file(definitions / "programs/cvtlog2").find("@HERE@") != std::string::npos)
    replace_in(definitions / "programs/cvtlog2", "@HERE@", host.directory().string());
  host.install_100();
}

}  // namespace dfi::test
