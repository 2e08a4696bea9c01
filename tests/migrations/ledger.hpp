// SPDX-License-Identifier: Apache-2.0
// A data file LEDGER with a history: record files in EBCDIC (1, 2, 3), SQLite from 4 on. Small, but with every kind of
// field, so that each test needs only its own rows.
#pragma once
#include "migrations/engine/definition.hpp"
#include "tests/migrations/bench.hpp"

namespace dfi::migrations {

constexpr auto ledger_1 = R"toml(file = "LEDGER"
level = 1
kind = "records"
length = 40
ccsid = 273
key = ["LGID"]
fields = """
LGID    packed(7)
LGDAT   zoned(6)      date=YYMMDD nullable
LGNAME  char(20)
LGSUM   packed(9,2)
LGKIND  char(2)
LGRES   reserved(3)
"""
)toml";
constexpr auto ledger_2 = R"toml(file = "LEDGER"
level = 2
kind = "records"
length = 42
ccsid = 273
key = ["LGID"]
fields = """
LGID    packed(7)
LGDAT   zoned(8)      date=YYYYMMDD nullable
LGNAME  char(20)
LGSUM   packed(9,2)
LGKIND  char(2)
LGRES   reserved(3)
"""
)toml";
constexpr auto ledger_3 = R"toml(file = "LEDGER"
level = 3
kind = "records"
length = 58
ccsid = 1141
key = ["LGID"]
fields = """
LGID    packed(9)
LGDAT   zoned(8)      date=YYYYMMDD nullable
LGNAME  char(35)
LGSUM   packed(11,2)
LGKIND  char(4)
"""
)toml";
constexpr auto ledger_4 = R"toml(file = "LEDGER"
level = 4
kind = "sqlite"
schema = """
CREATE TABLE LEDGER(LGID INTEGER PRIMARY KEY, LGDAT TEXT, LGNAME TEXT NOT NULL, LGCENT INTEGER NOT NULL, LGKIND TEXT NOT NULL CHECK(LGKIND <> ''));
CREATE INDEX LEDGER1 ON LEDGER(LGNAME);
"""
)toml";
constexpr auto ledger_1_to_2 = R"toml(name = "CVTLG2"
file = "LEDGER"
from = 1
to = 2
kind = "records"
[verify]
sum = ["LGSUM"]
unique = ["LGID"]
)toml";
constexpr auto ledger_2_to_3 = R"toml(name = "CVTLG3"
file = "LEDGER"
from = 2
to = 3
kind = "records"
drop = ["LGRES"]
[map]
LGKIND = "lookup(LGKIND, 'A', 'ASIS', 'B', 'BOOK')"
[verify]
sum = ["LGSUM"]
unique = ["LGID"]
)toml";
constexpr auto ledger_3_to_4 = R"toml(name = "CVTLG4"
file = "LEDGER"
from = 3
to = 4
kind = "load"
drop = ["LGSUM"]
[[into]]
table = "LEDGER"
[into.map]
LGCENT = "unscaled(LGSUM)"
[verify]
unique = ["LGID"]
[[check]]
name = "no row without a name"
sql = "SELECT LGID FROM LEDGER WHERE LGNAME = ''"
)toml";

class Ledger : public testing::Test {
 protected:
  Ledger() {
    bench.write("d/formats/LEDGER.1.toml", ledger_1);
    bench.write("d/formats/LEDGER.2.toml", ledger_2);
    bench.write("d/formats/LEDGER.3.toml", ledger_3);
    bench.write("d/formats/LEDGER.4.toml", ledger_4);
    bench.write("d/2/CVTLG2.toml", ledger_1_to_2);
    bench.write("d/3/CVTLG3.toml", ledger_2_to_3);
    bench.write("d/4/CVTLG4.toml", ledger_3_to_4);
  }
  Catalogue catalogue() const { return Catalogue::load(bench.root() / "d"); }
  std::shared_ptr<const records::RecordFormat> format(int level) const {
    return read_format(bench.root() / "d/formats" / ("LEDGER." + std::to_string(level) + ".toml")).record;
  }
  std::string record(int level, int id, const std::string& date = "2020-08-11", const std::string& kind = "A") const {
    const bool late = level == 3;
    return records::make_record(*format(level), {{"LGID", std::to_string(id)},
                                                 {"LGDAT", date},
                                                 {"LGNAME", "Müller " + std::to_string(id)},
                                                 {"LGSUM", std::to_string(id) + ".25"},
                                                 {"LGKIND", late ? "ASIS" : kind}});
  }
  std::string records_of(int level, int from, int to) const {
    std::string all;
    for (int id = from; id <= to; ++id) all += record(level, id);
    return all;
  }
  /// The values of the n-th record (from 0 on) of a file.
  std::string field(const fs::path& path, int level, std::size_t n, const std::string& name) const {
    const auto bytes = read_file(path);
    const auto length = format(level)->length;
    for (const auto& [key, value] : records::read_record(*format(level), bytes.substr(n * length, length)))
      if (key == name) return value;
    return "no such field";
  }

  Bench bench;
  DataFile file = bench.file("LEDGER");
  fs::path shadow = bench.shadow("LEDGER");
};

}  // namespace dfi::migrations
