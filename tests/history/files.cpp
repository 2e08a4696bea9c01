// SPDX-License-Identifier: Apache-2.0
#include "tests/history/files.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>

#include "base/database.hpp"
#include "tests/history/versions.hpp"

namespace dfi::history {
namespace {

struct Column {
  std::string name, type;
  bool needed;  // NOT NULL without a default
};

std::vector<Column> columns_of(SQLite::Database& db, const std::string& table) {
  std::vector<Column> columns;
  SQLite::Statement query(db, "SELECT name, type, \"notnull\" AND dflt_value IS NULL FROM pragma_table_info(?)");
  query.bind(1, table);
  while (query.executeStep())
    columns.push_back(
        {query.getColumn(0).getString(), query.getColumn(1).getString(), query.getColumn(2).getInt() != 0});
  return columns;
}

const std::string* find(const Values& values, const std::string& name) {
  const auto found = std::find_if(values.begin(), values.end(), [&](const auto& each) { return each.first == name; });
  return found == values.end() ? nullptr : &found->second;
}

void add_row(SQLite::Database& db, const Row& row) {
  std::string names, marks;
  std::vector<std::pair<std::string, std::string>> taken;  // type, value
  for (const auto& column : columns_of(db, row.table)) {
    const auto* value = find(row.values, column.name);
    if (!value && !column.needed) continue;
    taken.emplace_back(column.type, value ? *value : column.type == "TEXT" ? "" : "0");
    names += (names.empty() ? "" : ", ") + column.name;
    marks += marks.empty() ? "?" : ", ?";
  }
  if (taken.empty()) return;
  SQLite::Statement insert(db, fmt::format("INSERT INTO {}({}) VALUES({})", row.table, names, marks));
  for (std::size_t i = 0; i < taken.size(); ++i) {
    const auto& [type, value] = taken[i];
    // The affinity of the column makes numbers of texts.
    if (type == "BLOB")
      insert.bind(static_cast<int>(i + 1), value.data(), static_cast<int>(value.size()));
    else
      insert.bind(static_cast<int>(i + 1), value);
  }
  insert.exec();
}

bool is_bytes(const records::Field& field) { return field.type == records::Type::bytes; }

}  // namespace

migrations::Format format_of(const std::string& file, int level) {
  return migrations::read_format(definitions() / "formats" / fmt::format("{}.{}.toml", file, level));
}

std::string record_of(const records::RecordFormat& format, const Values& values) {
  Values known;
  std::vector<std::pair<const records::Field*, const std::string*>> bytes;
  for (const auto& [name, value] : values) {
    const auto* field = format.find(name);
    if (!field) continue;
    if (is_bytes(*field))
      bytes.emplace_back(field, &value);
    else
      known.emplace_back(name, value);
  }
  auto record = records::make_record(format, known);
  for (const auto& [field, value] : bytes)
    record.replace(field->offset, std::min(field->length, value->size()), value->substr(0, field->length));
  return record;
}

void add_rows(const fs::path& path, const std::vector<Row>& rows) {
  auto db = open_database(path, Access::read_write);
  SQLite::Transaction transaction(db);
  for (const auto& row : rows) add_row(db, row);
  transaction.commit();
}

std::size_t record_total(const fs::path& path, const records::RecordFormat& format) {
  return fs::file_size(path) / format.length;
}

void patch(const fs::path& path, std::size_t offset, const std::string& bytes) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.exceptions(std::ios::failbit | std::ios::badbit);
  file.seekp(static_cast<std::streamoff>(offset));
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace dfi::history
