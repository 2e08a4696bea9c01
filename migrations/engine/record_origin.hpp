// SPDX-License-Identifier: Apache-2.0
// Where a refused record stands for whoever repairs it: in the data file, also if the pass that refuses it reads what
// passes before made of that file. Internal to the engine.
#pragma once
#include <fstream>
#include <optional>

#include "migrations/engine/record_pass.hpp"

namespace dfi::migrations {

/// A refused record as it is told.
struct ToldRecord {
  std::uint64_t number = 0;  // from 0 on
  std::string bytes;
  records::Fault fault;    // offset and length in `bytes`
  std::string conversion;  // that refuses it
  std::string made_by;     // conversion that made it of the data file; empty: it stands there
  const records::RecordFormat* format = nullptr;
  std::uint64_t offset() const { return number * bytes.size(); }
};

/// Numbers of the records a pass made, led back to those of the records it read.
class RecordNumbers {
 public:
  explicit RecordNumbers(fs::path reject_lines);
  /// Both from 0 on. Fast for rising numbers.
  std::uint64_t before(std::uint64_t number);

 private:
  void start_anew();
  void next();

  fs::path path_;
  std::ifstream lines_;
  std::optional<std::uint64_t> rejected_;  // the next one
  std::uint64_t skipped_ = 0, last_ = 0;
};

class RecordOrigin {
 public:
  explicit RecordOrigin(const RecordPass& pass);
  /// Of the data file where only passes over records stand before this one: they keep the order, and their rejects are
  /// known. The fault is then the one that all steps in one pass would have found.
  ToldRecord find(std::uint64_t number, std::string_view record, const records::Fault& fault);
  bool reads_data_file() const { return pass_.before.edges.empty(); }

 private:
  std::uint64_t in_data_file(std::uint64_t number);
  records::Fault fault_of(const std::string& record, const records::Fault& fault);

  const RecordPass& pass_;
  std::optional<records::Program> whole_;  // from the data file on; nothing: a record cannot be led back
  std::vector<RecordNumbers> passes_;
};

}  // namespace dfi::migrations
