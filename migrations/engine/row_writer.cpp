// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/row_writer.hpp"

#include <fmt/core.h>
#include <sqlite3.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "messages/record_pass.hpp"
#include "migrations/engine/field_origin.hpp"
#include "migrations/engine/sqlite_file.hpp"
#include "migrations/records/decimal.hpp"

namespace dfi::migrations {
namespace {

/// Without a copy: the row outlives the statement's step.
void bind(SQLite::Statement& statement, int index, const records::ColumnValue& value) {
  if (const auto* text = std::get_if<std::string>(&value))
    statement.bindNoCopy(index, *text);
  else if (const auto* number = std::get_if<std::int64_t>(&value))
    statement.bind(index, static_cast<int64_t>(*number));
  else if (const auto* real = std::get_if<double>(&value))
    statement.bind(index, *real);
  else if (const auto* bytes = std::get_if<std::vector<char>>(&value))
    statement.bindNoCopy(index, bytes->data(), static_cast<int>(bytes->size()));
  else
    statement.bind(index);
}

bool is_fault_of_row(int code) {
  return (code & 0xff) == SQLITE_CONSTRAINT || code == SQLITE_MISMATCH || code == SQLITE_TOOBIG;
}

/// "UNIQUE constraint failed: FAXKA.KAID, FAXKA.KANO": "KAID, KANO". What a CHECK says is no column.
std::string columns_in(const std::string& reason) {
  std::string columns;
  auto at = reason.rfind(": ");
  if (reason.rfind("CHECK", 0) == 0 || at == std::string::npos) return columns;
  for (at += 2; at < reason.size();) {
    const auto end = std::min(reason.find(", ", at), reason.size());
    const auto dot = reason.find('.', at);
    if (dot < end) columns += (columns.empty() ? "" : ", ") + reason.substr(dot + 1, end - dot - 1);
    at = end + 2;
  }
  return columns;
}

}  // namespace

RowWriter::RowWriter(SQLite::Database& db, const records::Program& program)
    : db_(db), program_(program), step_(program.steps().size() - 1) {}

RowWriter::Insert& RowWriter::insert_of(const records::Row& row) {
  key_.assign(1, row.spec);
  for (const auto& value : row.values) key_.push_back(value.first);
  auto found = inserts_.find(key_);
  if (found != inserts_.end()) return found->second;
  const auto& spec = program_.steps()[step_].rows[row.spec];
  std::string columns, places;
  std::vector<Affinity> affinities;
  for (const auto& value : row.values) {
    columns += (columns.empty() ? "" : ", ") + quote_name(spec.columns[value.first]);
    places += places.empty() ? "?" : ", ?";
    affinities.push_back(affinity(spec.table, spec.columns[value.first]));
  }
  // OR ABORT: whatever the schema says about conflicts, no row vanishes without a word.
  auto sql = row.values.empty()
                 ? fmt::format("INSERT OR ABORT INTO {} DEFAULT VALUES", quote_name(spec.table))
                 : fmt::format("INSERT OR ABORT INTO {} ({}) VALUES ({})", quote_name(spec.table), columns, places);
  return inserts_.emplace(key_, Insert{SQLite::Statement(db_, sql), std::move(affinities)}).first->second;
}

// The rules of SQLite's "Determination Of Column Affinity", in their order.
RowWriter::Affinity RowWriter::affinity(const std::string& table, const std::string& column) const {
  SQLite::Statement query(db_,
                          "SELECT upper(i.type), l.strict FROM pragma_table_list l, pragma_table_info(l.name) i WHERE "
                          "l.schema = 'main' AND l.name = ?1 COLLATE NOCASE AND i.name = ?2 COLLATE NOCASE");
  query.bind(1, table);
  query.bind(2, column);
  if (!query.executeStep()) return Affinity::none;
  const auto type = query.getColumn(0).getString();
  const auto has = [&](const char* word) { return type.find(word) != std::string::npos; };
  if (has("INT")) return Affinity::number;
  if (has("CHAR") || has("CLOB") || has("TEXT") || has("BLOB") || type.empty()) return Affinity::none;
  if (has("REAL") || has("FLOA") || has("DOUB")) return Affinity::real;
  return type == "ANY" && query.getColumn(1).getInt() != 0 ? Affinity::none : Affinity::number;
}

bool RowWriter::changes(const records::ColumnValue& value, Affinity affinity) {
  if (const auto* real = std::get_if<double>(&value)) return std::isnan(*real);  // would be NULL
  if (affinity == Affinity::none) return false;
  const auto* whole = std::get_if<std::int64_t>(&value);
  std::int64_t number = whole ? *whole : 0;
  if (const auto* text = std::get_if<std::string>(&value)) {
    if (records::parse_number(*text).flaw == records::NumberFlaw::not_a_number) return false;
    const auto digits = std::string_view(*text).substr(text->front() == '+' ? 1 : 0);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (read.ec != std::errc() || read.ptr != digits.data() + digits.size()) return true;
  }
  // Beyond these a floating number leaves some out.
  constexpr std::int64_t exact = std::int64_t{1} << 53;
  return affinity == Affinity::real && (number > exact || number < -exact);
}

std::optional<records::Fault> RowWriter::insert(const records::Row& row) {
  auto& [into, affinities] = insert_of(row);
  for (std::size_t i = 0; i < row.values.size(); ++i) {
    const auto& [column, value] = row.values[i];
    if (changes(value, affinities[i])) {
      const auto& spec = program_.steps()[step_].rows[row.spec];
      return fault(row, fmt::format("a number cannot be kept exactly: {}.{}", spec.table, spec.columns[column]));
    }
    bind(into, static_cast<int>(i) + 1, value);
  }
  int code = into.tryExecuteStep();
  std::string reason = code == SQLITE_DONE ? "" : db_.getErrorMsg();
  into.tryReset();
  if (code == SQLITE_DONE) return std::nullopt;
  if (!is_fault_of_row(code)) throw SQLite::Exception(reason, code);
  return fault(row, reason);
}

records::Fault RowWriter::fault(const records::Row& row, const std::string& reason) const {
  records::Fault fault;
  fault.kind = records::FaultKind::refused_by_table;
  fault.step = step_;
  fault.field = columns_in(reason);
  locate_origin(program_, fault, row.spec);
  fault.reason = {msg::table_refuses, {{"table", program_.steps()[step_].rows[row.spec].table}, {"reason", reason}}};
  return fault;
}

std::optional<records::Fault> RowWriter::insert(const std::vector<records::Row>& rows) {
  if (rows.size() == 1) return insert(rows.front());
  if (rows.empty()) return std::nullopt;
  db_.exec("SAVEPOINT one_record");
  for (const auto& row : rows)
    if (auto refused = insert(row)) {
      db_.exec("ROLLBACK TO one_record; RELEASE one_record");
      return refused;
    }
  db_.exec("RELEASE one_record");
  return std::nullopt;
}

}  // namespace dfi::migrations
