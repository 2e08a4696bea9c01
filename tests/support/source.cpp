// SPDX-License-Identifier: Apache-2.0
// The sources of the test product's two releases.
#include "tests/support/product.hpp"

namespace dfi::test {
namespace {

constexpr auto product_toml = R"(product = "@PRODUCT@"
title = "Demonstration"
version = "@VERSION@"
released = "2020-01-02"
min_dfinstall = "1.0.0"
platform = "any"
job_patterns = ["DEMO[0-9]{4}"]
selftest = ["{product}/bin/demotool", "--root", "{root}", "selftest"]
directories = ["srv/demo"]

[[data_files]]
name = "DEMOJOBS"
kind = "sqlite"
path = "var/opt/@PRODUCT@/DEMOJOBS"
level = 1

[[data_files]]
name = "DEMOLOG"
kind = "sqlite"
path = "var/opt/@PRODUCT@/DEMOLOG"
level = @LEVEL@

[[data_files]]
name = "DEMOSTAT"
kind = "sqlite"
path = "var/opt/@PRODUCT@/DEMOSTAT"
level = @LEVEL@

[[data_files]]
name = "DEMOAREA"
kind = "area"
path = "var/opt/@PRODUCT@/DEMOAREA"
level = 1
gates = false

[[data_files]]
name = "DEMOCONF"
kind = "config"
path = "etc/opt/@PRODUCT@/demo.toml"
level = @LEVEL@
gates = false

[[services]]
name = "demod"
unit = "demod.service"
command = ["{product}/bin/demod", "--root", "{root}"]
stop_seconds = 5
objects = ["bin/demod", "share/limits.txt"]

[[services]]
name = "demomon"
unit = "demomon.service"
command = ["{product}/bin/demomon", "--root", "{root}"]
stop_seconds = 5
objects = ["bin/demomon"]

[[objects]]
path = "bin/*"
kind = "program"
mode = "0755"

[[objects]]
path = "*"
kind = "text"
mode = "0644"
)";

constexpr auto jobs_1 = R"(file = "DEMOJOBS"
level = 1
kind = "sqlite"
journal_mode = "wal"
schema = "CREATE TABLE DEMOJOBS(JBID INTEGER PRIMARY KEY, JBTEXT TEXT NOT NULL);"
)";
constexpr auto log_1 = R"(file = "DEMOLOG"
level = 1
kind = "sqlite"
schema = "CREATE TABLE DEMOLOG(LGID INTEGER PRIMARY KEY, LGTEXT TEXT NOT NULL);"
)";
constexpr auto log_2 = R"(file = "DEMOLOG"
level = 2
kind = "sqlite"
schema = "CREATE TABLE DEMOLOG(LGID INTEGER PRIMARY KEY, LGTEXT TEXT NOT NULL, LGSIZE INTEGER NOT NULL);"
)";
constexpr auto log_1_to_2 = R"(name = "CVTLOG2"
file = "DEMOLOG"
from = 1
to = 2
kind = "sqlite"
mode = "shadow"
convert = """
CREATE TABLE DEMOLOG_new(LGID INTEGER PRIMARY KEY, LGTEXT TEXT NOT NULL, LGSIZE INTEGER NOT NULL);
INSERT INTO DEMOLOG_new SELECT LGID, LGTEXT, length(LGTEXT) FROM DEMOLOG ORDER BY LGID;
DROP TABLE DEMOLOG;
ALTER TABLE DEMOLOG_new RENAME TO DEMOLOG;
"""
[[verify]]
name = "every row is there"
sql = "SELECT o.LGID FROM old.DEMOLOG o LEFT JOIN main.DEMOLOG n ON n.LGID = o.LGID WHERE n.LGTEXT IS NOT o.LGTEXT"
)";
constexpr auto stat_1 = R"(file = "DEMOSTAT"
level = 1
kind = "sqlite"
schema = "CREATE TABLE DEMOSTAT(STID INTEGER PRIMARY KEY, STDAT TEXT NOT NULL);"
)";
constexpr auto stat_2 = R"(file = "DEMOSTAT"
level = 2
kind = "sqlite"
schema = "CREATE TABLE DEMOSTAT(STID INTEGER PRIMARY KEY, STISO TEXT NOT NULL);"
)";
constexpr auto stat_1_to_2 = R"(name = "CVTSTAT2"
file = "DEMOSTAT"
from = 1
to = 2
kind = "sqlite"
mode = "shadow"
convert = """
CREATE TABLE DEMOSTAT_new(STID INTEGER PRIMARY KEY, STISO TEXT NOT NULL);
INSERT INTO DEMOSTAT_new
  SELECT STID, substr(STDAT, 1, 4) || '-' || substr(STDAT, 5, 2) || '-' || substr(STDAT, 7) FROM DEMOSTAT ORDER BY STID;
DROP TABLE DEMOSTAT;
ALTER TABLE DEMOSTAT_new RENAME TO DEMOSTAT;
"""
[[verify]]
name = "every date is real"
sql = "SELECT STID, STISO FROM main.DEMOSTAT WHERE date(STISO) IS NULL"
)";
constexpr auto area_1 = "file = \"DEMOAREA\"\nlevel = 1\nkind = \"area\"\nlength = 100\nfill = \" \"\n";
constexpr auto conf = R"(file = "DEMOCONF"
level = @LEVEL@
kind = "config"
title.en = "Demonstration"
title.de = "Vorführung"

[[keys]]
name = "port"
type = "@TYPE@"
default = @DEFAULT@
comment.en = "Port."
comment.de = "Anschluss."
)";
constexpr auto conf_1_to_2 = R"(name = "CVTCONF2"
file = "DEMOCONF"
from = 1
to = 2
kind = "config"
mode = "shadow"
[[operations]]
do = "text"
key = "port"
)";

std::string filled(std::string text, const std::vector<std::pair<std::string, std::string>>& values) {
  for (const auto& [name, value] : values)
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name)) text.replace(at, name.size(), value);
  return text;
}

std::string conf_of(const std::string& level) {
  const bool old = level == "1";
  return filled(conf, {{"@LEVEL@", level}, {"@TYPE@", old ? "integer" : "text"}, {"@DEFAULT@", old ? "25" : "\"25\""}});
}

}  // namespace

void make_source(const fs::path& directory, const std::string& product, const std::string& version) {
  const bool newer = version == "1.10";
  const std::string level = newer ? "2" : "1";
  write(directory / "product.toml",
        filled(product_toml, {{"@PRODUCT@", product}, {"@VERSION@", version}, {"@LEVEL@", level}}));
  const auto objects = directory / "objects";
  fs::create_directories(objects / "bin");
  for (const char* program : {"demod", "demomon", "demotool"}) fs::copy_file(DFI_ENGINE, objects / "bin" / program);
  write(objects / "share/level.txt", level + "\n");
  write(objects / "share/behaviour.txt", "well\n");
  write(objects / "share/limits.txt", "limit 10 of " + version + "\n");
  write(objects / "share/same.txt", "the same in both releases\n");
  write(objects / (newer ? "share/new.txt" : "share/old.txt"), "only in " + version + "\n");
  const auto definitions = directory / "definitions";
  write(definitions / "formats/DEMOJOBS.1.toml", jobs_1);
  write(definitions / "formats/DEMOLOG.1.toml", log_1);
  write(definitions / "formats/DEMOSTAT.1.toml", stat_1);
  write(definitions / "formats/DEMOAREA.1.toml", area_1);
  write(definitions / "formats/DEMOCONF.1.toml", conf_of("1"));
  if (!newer) return;
  write(definitions / "formats/DEMOLOG.2.toml", log_2);
  write(definitions / "formats/DEMOSTAT.2.toml", stat_2);
  write(definitions / "formats/DEMOCONF.2.toml", conf_of("2"));
  write(definitions / "1.10/CVTLOG2.toml", log_1_to_2);
  write(definitions / "1.10/CVTSTAT2.toml", stat_1_to_2);
  write(definitions / "1.10/CVTCONF2.toml", conf_1_to_2);
}

}  // namespace dfi::test
