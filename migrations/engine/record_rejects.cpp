// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/record_rejects.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>

#include "base/error_json.hpp"
#include "messages/record_pass.hpp"
#include "migrations/engine/field_origin.hpp"
#include "migrations/records/hex.hpp"

namespace dfi::migrations {
namespace {

constexpr std::size_t block_bytes = 1 << 16;
constexpr std::size_t most_shown = 64;  // bytes of a field in a message; the line of JSON has all

const std::string& conversion_of(const RecordPass& pass, const records::Fault& fault) {
  return pass.program.steps()[fault.step].conversion;
}

std::string_view field_of(std::string_view record, const records::Fault& fault) {
  return record.substr(fault.offset, fault.length);
}

/// A duplicate's field is its key, which the record may have under another name.
records::Fault located(const records::Program& program, records::Fault fault) {
  if (fault.kind == records::FaultKind::duplicate_key) locate_origin(program, fault);
  return fault;
}

}  // namespace

Rejects::Rejects(const RecordPass& pass, const Policy& policy, Supervisor& supervisor)
    : pass_(pass),
      supervisor_(supervisor),
      records_(pass.rejects, block_bytes),
      lines_(pass.reject_lines, block_bytes) {
  require(pass.rules.size() == pass.program.steps().size(), "every step has its rule for rejects");
  for (const auto& rule : pass.rules) {
    OfStep step{!policy.collect && policy.on_error.value_or(rule.on_error) == OnError::abort, std::nullopt, 0};
    if (!policy.collect) step.limit = policy.max_rejects.value_or(rule.max_rejects);
    steps_.push_back(step);
  }
}

bool Rejects::always_aborts() const {
  return std::all_of(steps_.begin(), steps_.end(), [](const auto& step) { return step.aborts; });
}

void Rejects::abort(std::uint64_t number, std::string_view record, const records::Fault& fault,
                    const PassPlace& place) const {
  auto field = field_of(record, fault);
  std::string shown = records::to_hex(field.substr(0, most_shown)) + (field.size() > most_shown ? "…"
                                                                      : field.empty()           ? "–"
                                                                                                : "");
  Error error(msg::record_refused, {{"conversion", conversion_of(pass_, fault)},
                                    {"file", pass_.file.name},
                                    {"path", pass_.file.path.string()},
                                    {"record", std::to_string(number + 1)},
                                    {"length", std::to_string(record.size())},
                                    {"offset", std::to_string(number * record.size())},
                                    {"field", fault.field},
                                    {"field_offset", std::to_string(fault.offset)},
                                    {"field_length", std::to_string(fault.length)},
                                    {"hex", shown},
                                    {"kind", std::string(records::fault_name(fault.kind))},
                                    {"reason", text(fault.reason, Language::english)},
                                    {"converted", std::to_string(place.converted)},
                                    {"records", std::to_string(place.records)},
                                    {"checkpoint", std::to_string(place.checkpoint)}});
  // In the language of whoever reads it.
  throw error.during(fault.reason);
}

std::string Rejects::line(std::uint64_t number, std::string_view record, const records::Fault& fault) const {
  Json line{{"file", pass_.file.name},
            {"conversion", conversion_of(pass_, fault)},
            {"level", pass_.program.steps().front().from->level},
            {"record", number + 1},
            {"offset", number * record.size()},
            {"field", fault.field},
            {"field_offset", fault.offset},
            {"length", fault.length},
            {"hex", records::to_hex(field_of(record, fault))},
            {"kind", records::fault_name(fault.kind)},
            {"reason", text(fault.reason, Language::english)},
            {"message", fault.reason.id.name},
            {"args", args_json(fault.reason.args)}};
  // The reason may quote what SQLite says about bytes that are no text.
  return line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

void Rejects::refuse(std::uint64_t number, std::string_view record, const records::Fault& found,
                     const PassPlace& place) {
  const auto fault = located(pass_.program, found);
  auto& step = steps_[fault.step];
  if (step.aborts) abort(number, record, fault, place);
  ++count_;
  ++step.count;
  records_.append(record);
  lines_.append(line(number, record, fault));
  supervisor_.refused({pass_.file.name, conversion_of(pass_, fault), number + 1, number * record.size() + fault.offset,
                       fault.field, records::to_hex(field_of(record, fault)),
                       std::string(records::fault_name(fault.kind)), fault.reason});
  check_limit(fault.step, place);
}

void Rejects::check_limit(std::size_t index, const PassPlace& place) const {
  const auto& step = steps_[index];
  if (!step.limit || !step.limit->reached(step.count, place.records)) return;
  auto limit = step.limit->records || step.limit->share == 0 ? std::to_string(step.limit->records)
                                                             : fmt::format("{:g} %", step.limit->share * 100);
  throw Error(msg::too_many_rejects, {{"conversion", pass_.program.steps()[index].conversion},
                                      {"file", pass_.file.name},
                                      {"path", pass_.file.path.string()},
                                      {"rejected", std::to_string(step.count)},
                                      {"limit", limit},
                                      {"records", std::to_string(place.records)},
                                      {"checkpoint", std::to_string(place.checkpoint)},
                                      {"lines", pass_.reject_lines.string()}});
}

std::vector<std::uint64_t> Rejects::refused_by_table() const {
  std::vector<std::uint64_t> numbers;
  if (count_ == 0) return numbers;
  std::ifstream lines(pass_.reject_lines);
  for (std::string line; std::getline(lines, line);) {
    auto entry = parse_json(line, pass_.reject_lines);
    if (entry.at("kind") == records::fault_name(records::FaultKind::refused_by_table))
      numbers.push_back(entry.at("record").get<std::uint64_t>() - 1);
  }
  return numbers;
}

void Rejects::start_anew() {
  count_ = 0;
  for (auto& step : steps_) step.count = 0;
  records_.start_anew();
  lines_.start_anew();
}

bool Rejects::go_on(const Json& state, unsigned threads) {
  count_ = 0;
  for (std::size_t i = 0; i < steps_.size(); ++i)
    count_ += steps_[i].count = state.at("counts").at(i).get<std::uint64_t>();
  // The rules of this try may be stricter than those of the one before.
  const auto records = std::filesystem::file_size(pass_.input) / pass_.program.input_length();
  const bool too_many = std::any_of(steps_.begin(), steps_.end(), [&](const auto& step) {
    return step.count > 0 && (step.aborts || (step.limit && step.limit->reached(step.count, records)));
  });
  return !too_many && records_.go_on(state.at("records"), threads) && lines_.go_on(state.at("lines"), threads);
}

void Rejects::sync() {
  records_.sync();
  lines_.sync();
}

Json Rejects::state() const {
  auto of = [](const OutputFile& file) { return file.bytes() ? file.digest().state() : Json(); };
  Json counts = Json::array();
  for (const auto& step : steps_) counts.push_back(step.count);
  return {{"counts", counts}, {"records", of(records_)}, {"lines", of(lines_)}};
}

}  // namespace dfi::migrations
