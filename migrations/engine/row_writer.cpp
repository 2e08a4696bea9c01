// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/row_writer.hpp"

#include <fmt/core.h>
#include <sqlite3.h>

#include "messages/record_pass.hpp"
#include "migrations/engine/record_chunks.hpp"
#include "migrations/engine/sqlite_file.hpp"

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

}  // namespace

RowWriter::RowWriter(SQLite::Database& db, const records::Program& program)
    : db_(db), program_(program), step_(program.steps().size() - 1) {}

SQLite::Statement& RowWriter::statement(const records::Row& row) {
  key_.assign(1, row.spec);
  for (const auto& value : row.values) key_.push_back(value.first);
  auto found = statements_.find(key_);
  if (found != statements_.end()) return found->second;
  const auto& spec = program_.steps()[step_].rows[row.spec];
  std::string columns, places;
  for (const auto& value : row.values) {
    columns += (columns.empty() ? "" : ", ") + quote_name(spec.columns[value.first]);
    places += places.empty() ? "?" : ", ?";
  }
  // OR ABORT: whatever the schema says about conflicts, no row vanishes without a word.
  auto sql = row.values.empty()
                 ? fmt::format("INSERT OR ABORT INTO {} DEFAULT VALUES", quote_name(spec.table))
                 : fmt::format("INSERT OR ABORT INTO {} ({}) VALUES ({})", quote_name(spec.table), columns, places);
  return statements_.emplace(key_, SQLite::Statement(db_, sql)).first->second;
}

std::optional<records::Fault> RowWriter::insert(const records::Row& row) {
  auto& into = statement(row);
  for (std::size_t i = 0; i < row.values.size(); ++i) bind(into, static_cast<int>(i) + 1, row.values[i].second);
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
  // "UNIQUE constraint failed: FAXKA.KAID"
  auto colon = reason.rfind(": ");
  auto name = colon == std::string::npos ? "" : reason.substr(colon + 2);
  fault.field = name.substr(name.rfind('.') + 1);
  locate_field(program_, fault);
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
