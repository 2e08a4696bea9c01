// SPDX-License-Identifier: Apache-2.0
// Formats, records and programs as tests write them.
#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "migrations/records/field_line.hpp"
#include "migrations/records/program.hpp"

namespace dfi::records {

using Format = std::shared_ptr<const RecordFormat>;
using Values = std::vector<std::pair<std::string, std::string>>;

/// A format whose length is what its fields need.
inline Format make_format(int level, const std::string& fields, int ccsid = 273, Ends ends = Ends::none,
                          std::vector<std::string> key = {}) {
  auto format = std::make_shared<RecordFormat>();
  format->file = "FAXKA";
  format->level = level;
  format->ccsid = ccsid;
  format->ends = ends;
  format->key = std::move(key);
  format->length = ends == Ends::none ? 0 : ends == Ends::crlf ? 2 : 1;
  std::size_t start = 0;
  while (start < fields.size()) {
    const auto end = std::min(fields.find('\n', start), fields.size());
    if (const auto field = parse_field_line(fields.substr(start, end - start), ccsid, 1))
      format->length += field->length * field->occurs;
    start = end + 1;
  }
  parse_fields(fields, *format);
  return format;
}

inline Step make_step(Format from, Format to, std::vector<Assignment> map = {}) {
  Step step;
  step.conversion = "CVTKA" + std::to_string(to ? to->level : 9);
  step.from = std::move(from);
  step.to = std::move(to);
  step.map = std::move(map);
  return step;
}

/// What became of one record: its bytes, or why not.
struct Outcome {
  std::string bytes;
  std::string kind, field;  // of a fault
  std::size_t step = 0, offset = 0, length = 0;
  std::string reason;

  friend bool operator==(const Outcome& a, const Outcome& b) {
    return a.bytes == b.bytes && a.kind == b.kind && a.field == b.field && a.step == b.step && a.reason == b.reason;
  }
  friend void PrintTo(const Outcome& outcome, std::ostream* out) {
    *out << (outcome.kind.empty()
                 ? testing::PrintToString(outcome.bytes)
                 : outcome.kind + " " + outcome.field + " in step " + std::to_string(outcome.step) + " at " +
                       std::to_string(outcome.offset) + "+" + std::to_string(outcome.length) + ": " + outcome.reason);
  }
};

inline Outcome failed(const Fault& fault) {
  return {"",           std::string(fault_name(fault.kind)),  fault.field, fault.step, fault.offset,
          fault.length, text(fault.reason, Language::english)};
}

inline Outcome convert(const Program& program, Desk& desk, const std::string& record) {
  Outcome outcome;
  outcome.bytes.assign(program.output_length(), '?');
  if (program.convert(desk, record.data(), outcome.bytes.data())) return outcome;
  return failed(desk.fault());
}

/// Of a program of one step.
inline Outcome convert(const Step& step, const std::string& record) {
  const auto program = Program::compile({step});
  Desk desk(program);
  return convert(program, desk, record);
}

/// The text of one field.
inline std::string field_text(const RecordFormat& format, const std::string& record, const std::string& name) {
  for (const auto& [field, text] : read_record(format, record))
    if (field == name) return text;
  ADD_FAILURE() << "no field " << name;
  return {};
}

inline std::string malformed(const std::vector<Step>& steps) {
  try {
    Program::compile(steps);
  } catch (const Malformed& malformed) {
    return malformed.what();
  }
  return "";
}

}  // namespace dfi::records
