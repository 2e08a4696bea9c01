// SPDX-License-Identifier: Apache-2.0
#include "tests/support/records.hpp"

#include <fstream>

#include "base/file.hpp"

namespace dfi::test {
namespace {

constexpr auto data_files = R"(
[[data_files]]
name = "DEMORECS"
kind = "records"
path = "var/opt/@PRODUCT@/DEMORECS"
level = @LEVEL@

[[data_files]]
name = "DEMOTAGS"
kind = "sqlite"
path = "var/opt/@PRODUCT@/DEMOTAGS"
level = @LEVEL@
)";

constexpr auto records_1 = R"toml(file = "DEMORECS"
level = 1
kind = "records"
length = 24
ccsid = 273
key = ["RCID"]
fields = """
RCID    packed(7)
RCNAME  char(12)
RCSUM   packed(9,2)
RCRES   reserved(3)
"""
)toml";
constexpr auto records_2 = R"toml(file = "DEMORECS"
level = 2
kind = "records"
length = 48
ccsid = 1208
ends = "lf"
key = ["RCID"]
fields = """
RCID    text(9) number
RCNAME  char(24)
RCSUM   text(14,2) number
"""
)toml";
constexpr auto records_1_to_2 = R"toml(name = "CVTRECS2"
file = "DEMORECS"
from = 1
to = 2
kind = "records"
drop = ["RCRES"]
[verify]
sum = ["RCSUM"]
unique = ["RCID"]
)toml";

constexpr auto records_3 = R"toml(file = "DEMORECS"
level = 3
kind = "sqlite"
schema = """
CREATE TABLE DEMORECS(RCID INTEGER PRIMARY KEY, RCNAME TEXT NOT NULL, RCCENT INTEGER NOT NULL);
CREATE INDEX DEMORECS1 ON DEMORECS(RCNAME, RCCENT);
"""
)toml";
constexpr auto records_2_to_3 = R"toml(name = "CVTRECS3"
file = "DEMORECS"
from = 2
to = 3
kind = "load"
[[into]]
table = "DEMORECS"
[into.map]
RCCENT = "unscaled(RCSUM)"
[verify]
unique = ["RCID"]
)toml";

constexpr auto tags_1 = R"(file = "DEMOTAGS"
level = 1
kind = "sqlite"
schema = "CREATE TABLE DEMOTAGS(TGID INTEGER PRIMARY KEY, TGTEXT TEXT NOT NULL);"
)";
constexpr auto tags_2 = R"(file = "DEMOTAGS"
level = 2
kind = "sqlite"
schema = "CREATE TABLE DEMOTAGS(TGID INTEGER PRIMARY KEY, TGTEXT TEXT NOT NULL, TGCOLOR TEXT);"
)";
constexpr auto tags_1_to_2 = R"(name = "CVTTAGS2"
file = "DEMOTAGS"
from = 1
to = 2
kind = "sqlite"
mode = "in_place"
convert = "ALTER TABLE DEMOTAGS ADD COLUMN TGCOLOR TEXT;"
revert = "ALTER TABLE DEMOTAGS DROP COLUMN TGCOLOR;"
[[verify]]
name = "every row is there"
sql = "SELECT o.TGID FROM old.DEMOTAGS o LEFT JOIN main.DEMOTAGS n ON n.TGID = o.TGID WHERE n.TGTEXT IS NOT o.TGTEXT"
)";

void add_to(const fs::path& source, const std::string& product, bool newer) {
  std::string more = data_files;
  for (const auto& [from, to] :
       {std::pair<std::string, std::string>{"@PRODUCT@", product}, {"@LEVEL@", newer ? "2" : "1"}})
    for (std::size_t at; (at = more.find(from)) != std::string::npos;) more.replace(at, from.size(), to);
  const auto text = read_file(source / "product.toml");
  const auto at = text.find("[[services]]");
  write(source / "product.toml", text.substr(0, at) + more.substr(1) + "\n" + text.substr(at));
  const auto definitions = source / "definitions";
  write(definitions / "formats/DEMORECS.1.toml", records_1);
  write(definitions / "formats/DEMOTAGS.1.toml", tags_1);
  if (!newer) return;
  write(definitions / "formats/DEMORECS.2.toml", records_2);
  write(definitions / "formats/DEMOTAGS.2.toml", tags_2);
  write(definitions / "1.10/CVTRECS2.toml", records_1_to_2);
  write(definitions / "1.10/CVTTAGS2.toml", tags_1_to_2);
}

// Packed decimal of `digits` (odd) digits.
std::string packed(std::uint64_t value, int digits) {
  std::string bytes(static_cast<std::size_t>(digits / 2 + 1), '\0');
  auto put = [&](std::size_t nibble, unsigned digit) {
    auto byte = static_cast<unsigned char>(bytes[nibble / 2]);
    byte = static_cast<unsigned char>(nibble % 2 ? (byte | digit) : (byte | (digit << 4)));
    bytes[nibble / 2] = static_cast<char>(byte);
  };
  put(static_cast<std::size_t>(digits), 0xF);
  for (int i = digits - 1; i >= 0; --i, value /= 10)
    put(static_cast<std::size_t>(i), static_cast<unsigned>(value % 10));
  return bytes;
}

}  // namespace

void add_records(Host& host) {
  add_to(host.source("1.00"), host.product(), false);
  add_to(host.source("1.10"), host.product(), true);
}

void add_new_file(Host& host) {
  const auto source = host.source("1.10");
  replace_in(source / "product.toml", "[[data_files]]",
             "[[data_files]]\nname = \"DEMONEW\"\nkind = \"sqlite\"\npath = \"var/opt/" + host.product() +
                 "/DEMONEW\"\nlevel = 1\n\n[[data_files]]");
  write(
      source / "definitions/formats/DEMONEW.1.toml",
      "file = \"DEMONEW\"\nlevel = 1\nkind = \"sqlite\"\nschema = \"CREATE TABLE NEWS(NWID INTEGER PRIMARY KEY);\"\n");
}

void make_tables_of_records(Host& host) {
  const auto source = host.source("1.10");
  replace_in(source / "product.toml",
             "kind = \"records\"\npath = \"var/opt/" + host.product() + "/DEMORECS\"\nlevel = 2",
             "kind = \"sqlite\"\npath = \"var/opt/" + host.product() + "/DEMORECS\"\nlevel = 3");
  write(source / "definitions/formats/DEMORECS.3.toml", records_3);
  write(source / "definitions/1.10/CVTRECS3.toml", records_2_to_3);
}

std::string old_record(std::uint32_t number, bool bad) {
  std::string name = "\xD4\xC0\xD9";  // M, a small a with two dots, R in code page 273
  name.resize(12, '\x40');
  auto sum = packed(number * 100 + 25, 9);
  if (bad) sum[1] = '\xA0';
  return packed(number, 7) + name + sum + std::string(3, '\0');
}

void fill_records(const Host& host, std::uint32_t count, const std::set<std::uint32_t>& bad) {
  std::string all;
  all.reserve(count * old_length);
  for (std::uint32_t i = 1; i <= count; ++i) all += old_record(i, bad.count(i) > 0);
  write(host.data("DEMORECS"), all);
}

void put_record(const fs::path& file, std::uint32_t place, const std::string& record) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(static_cast<std::streamoff>((place - 1) * old_length));
  stream << record;
}

std::string numbers_of(const Host& host, std::uint32_t from, std::uint32_t count) {
  const auto all = read_file(host.data("DEMORECS"));
  std::string numbers;
  for (std::uint32_t i = from - 1; i < from - 1 + count && (i + 1) * new_length <= all.size(); ++i) {
    const auto field = all.substr(i * new_length, 9);
    numbers += (numbers.empty() ? "" : " ") + field.substr(0, field.find(' '));
  }
  return numbers;
}

}  // namespace dfi::test
