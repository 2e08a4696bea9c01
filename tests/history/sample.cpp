// SPDX-License-Identifier: Apache-2.0
#include "tests/history/sample.hpp"

#include <algorithm>

#include "base/database.hpp"
#include "base/durable.hpp"
#include "base/toml.hpp"
#include "tests/history/files.hpp"
#include "tests/history/notation.hpp"

namespace dfi::history {
namespace {

using migrations::Format;
using migrations::Kind;

std::vector<fs::path> conversion_files() {
  std::vector<fs::path> result;
  for (const auto& entry : fs::recursive_directory_iterator(definitions())) {
    const auto folder = entry.path().parent_path().filename();
    if (entry.path().extension() == ".toml" && folder != "formats" && folder != "programs")
      result.push_back(entry.path());
  }
  std::sort(result.begin(), result.end(), [](const auto& a, const auto& b) { return a.stem() < b.stem(); });
  return result;
}

migrations::Conversion find(const std::string& name) {
  for (const auto& path : conversion_files())
    if (path.stem() == name) return migrations::read_conversion(path);
  throw std::invalid_argument("there is no conversion " + name);
}

std::string text_of(const toml::table& table, const char* key) { return table[key].value_or(std::string()); }

template <class Work>
void each_table(const toml::table& document, const char* key, Work work) {
  if (const auto* tables = document[key].as_array())
    for (const auto& table : *tables) work(*table.as_table());
}

void set_positions(const fs::path& path, const Format& format, const std::string& text) {
  const auto* page = records::find_code_page(format.ccsid);
  for (const auto& row : read_rows(text))
    for (const auto& [position, value] : row.values) {
      auto bytes = value;
      for (auto& byte : bytes)
        if (page) byte = static_cast<char>(page->find(static_cast<unsigned char>(byte)));
      patch(path, std::stoul(position) - 1, bytes);
    }
}

std::string positions(const std::string& area, const Format& format) {
  const auto* page = records::find_code_page(format.ccsid);
  Row row;
  for (std::size_t i = 0; i < area.size(); ++i) {
    if (area[i] == format.fill) continue;
    const bool follows = i > 0 && area[i - 1] != format.fill;
    if (!follows) row.values.emplace_back(std::to_string(i + 1), "");
    const auto byte = static_cast<unsigned char>(area[i]);
    row.values.back().second += static_cast<char>(page ? page->to_unicode[byte] : byte);
  }
  return "# bytes of " + std::to_string(area.size()) + "\n" + write_rows({row});
}

std::vector<Row> rows_in(const fs::path& path) {
  auto db = open_database(path, Access::read_only);
  std::vector<Row> rows;
  SQLite::Statement tables(
      db, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY rowid");
  while (tables.executeStep()) {
    const auto table = tables.getColumn(0).getString();
    SQLite::Statement query(db, "SELECT * FROM " + table + " ORDER BY 1, 2");
    while (query.executeStep()) {
      Row row{table, {}};
      for (int i = 0; i < query.getColumnCount(); ++i)
        if (!query.getColumn(i).isNull())
          row.values.emplace_back(query.getColumnName(i), query.getColumn(i).getString());
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

}  // namespace

std::string as_sample(const fs::path& path, const Format& format) {
  if (format.kind == Kind::sqlite) return write_rows(rows_in(path));
  const auto bytes = read_file(path);
  if (format.kind == Kind::config) return bytes;
  if (format.kind == Kind::area) return positions(bytes, format);
  std::vector<Row> rows;
  for (std::size_t at = 0; at < bytes.size(); at += format.record->length)
    rows.push_back({"", records::read_record(*format.record, bytes.substr(at, format.record->length))});
  return write_rows(rows);
}

Sample::Sample(const std::string& name)
    : name_(name),
      conversion_(find(name)),
      from_(format_of(conversion_.file, conversion_.from)),
      to_(format_of(conversion_.file, conversion_.to)) {}

std::vector<std::string> Sample::conversions() {
  std::vector<std::string> names;
  for (const auto& path : conversion_files()) names.push_back(path.stem());
  return names;
}

fs::path Sample::directory(const std::string& name) { return tree() / "tests/history/samples" / name; }

migrations::Route Sample::route() const {
  return {{conversion_.kind, {{conversion_.name, conversion_.from, conversion_.to}}}};
}

std::vector<SpoiltRecord> Sample::spoilt_records() const {
  std::vector<SpoiltRecord> result;
  each_table(read_toml(directory(name_) / "conversion.toml"), "dirt", [&](const toml::table& table) {
    result.push_back({static_cast<std::uint64_t>(table["record"].value_or(std::int64_t{0})), text_of(table, "field"),
                      text_of(table, "hex"), text_of(table, "kind")});
  });
  return result;
}

std::vector<SpoiltRows> Sample::spoilt_rows() const {
  std::vector<SpoiltRows> result;
  each_table(read_toml(directory(name_) / "conversion.toml"), "refused", [&](const toml::table& table) {
    result.push_back({text_of(table, "sql"), text_of(table, "check")});
  });
  return result;
}

DataFile Sample::write_input(const Catalogue& catalogue, const fs::path& target) const {
  const DataFile file{conversion_.file, target / conversion_.file};
  const auto input = read_file(directory(name_) / "input");
  if (from_.kind == Kind::config) {
    durable::write_file(file.path, input);
    return file;
  }
  catalogue.create(file, from_.level);
  if (from_.kind == Kind::sqlite) add_rows(file.path, read_rows(input));
  if (from_.kind == Kind::area) set_positions(file.path, from_, input);
  if (from_.kind != Kind::records) return file;
  std::string bytes;
  for (const auto& row : read_rows(input)) bytes += record_of(*from_.record, row.values);
  durable::write_file(file.path, bytes);
  return file;
}

std::string Sample::expected() const { return read_file(directory(name_) / "expected"); }

void Sample::write_expected(const std::string& text) const { durable::write_file(directory(name_) / "expected", text); }

}  // namespace dfi::history
