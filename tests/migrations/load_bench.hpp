// SPDX-License-Identifier: Apache-2.0
// Record files that become tables, with the record step before the load fused in.
#pragma once
#include <SQLiteCpp/SQLiteCpp.h>

#include "tests/migrations/record_bench.hpp"

namespace dfi::migrations {

constexpr const char* load_schema = R"(
CREATE TABLE FAXKA(KAID INTEGER PRIMARY KEY, KANAME TEXT NOT NULL DEFAULT '?' CHECK(KANAME <> 'verboten'), KACOST TEXT);
CREATE TABLE FAXCOST(KANO INTEGER NOT NULL, COST TEXT NOT NULL);
CREATE INDEX FAXKA1 ON FAXKA(KANAME);
CREATE UNIQUE INDEX FAXCOST1 ON FAXCOST(KANO);
CREATE VIEW CHEAP AS SELECT KAID FROM FAXKA WHERE KACOST = '0.00';
)";

class LoadBench : public RecordBench {
 protected:
  static records::Step load_step() {
    records::Step step;
    step.conversion = "CVTKA3";
    step.from = level2();
    step.drop = {"KAPRIO"};
    step.sums = {"KACOST"};
    step.unique = {"KAID"};
    records::RowSpec main, cost;
    main.table = "FAXKA";
    main.columns = {"KAID", "KANAME", "KACOST"};
    cost.table = "FAXCOST";
    cost.when = "KACOST";
    cost.columns = {"KANO", "COST"};
    cost.map = {{"KANO", "KAID", 1}, {"COST", "KACOST", 2}};
    step.rows = {main, cost};
    return step;
  }
  RecordPassResult run(FileSupervisor& keeper) {
    return run_load_pass(pass(program, "FAXKA.db"), load_schema, 3, policy, keeper);
  }
  RecordPassResult run() {
    auto keeper = supervisor();
    return run(keeper);
  }
  std::string value(const std::string& query) const {
    SQLite::Database db((root / "run/FAXKA.db").string(), SQLite::OPEN_READONLY);
    SQLite::Statement statement(db, query);
    std::string text;
    while (statement.executeStep())
      for (int i = 0; i < statement.getColumnCount(); ++i) text += statement.getColumn(i).getString() + " ";
    return text;
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : walk(root / "run")) names.push_back(entry.path.string());
    return names;
  }

  // The record step before the load is fused in.
  records::Program program = program_of({[] {
                                           auto step = step1to2();
                                           step.unique = {};
                                           return step;
                                         }(),
                                         load_step()});
};

}  // namespace dfi::migrations
