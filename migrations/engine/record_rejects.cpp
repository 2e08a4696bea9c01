// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/record_rejects.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>

#include "base/error_json.hpp"
#include "messages/record_pass.hpp"
#include "migrations/engine/field_origin.hpp"
#include "migrations/engine/reasons.hpp"
#include "migrations/records/hex.hpp"
#include "migrations/records/value.hpp"

namespace dfi::migrations {
namespace {

constexpr std::size_t block_bytes = 1 << 16;
constexpr std::size_t most_shown = 64;  // bytes of a field in a message; the line of JSON has all

std::string_view field_of(std::string_view record, const records::Fault& fault) {
  return record.substr(fault.offset, fault.length);
}

/// "packed(9,2)"
std::string type_of(const ToldRecord& told) {
  const auto* field = told.fault.length ? field_at(*told.format, told.fault.offset) : nullptr;
  return field ? records::type_text(*field) : "–";
}

/// "KAID 418233", by which people know the record.
std::string key_of(const ToldRecord& told) {
  std::vector<std::string> values;
  for (const auto& [name, value] : records::read_record(*told.format, told.bytes))
    if (std::count(told.format->key.begin(), told.format->key.end(), name) > 0) values.push_back(name + " " + value);
  return values.empty() ? "–" : fmt::format("{}", fmt::join(values, ", "));
}

}  // namespace

Rejects::Rejects(const RecordPass& pass, const Policy& policy, Supervisor& supervisor)
    : pass_(pass),
      supervisor_(supervisor),
      origin_(pass),
      records_(pass.rejects, block_bytes),
      lines_(pass.reject_lines, block_bytes) {
  require(pass.rules.size() == pass.program.steps().size(), "every step has its rule for rejects");
  for (const auto& rule : pass.rules) {
    OfStep step{!policy.collect && policy.on_error.value_or(rule.on_error) == OnError::abort, std::nullopt, 0};
    if (!policy.collect && !policy.max_rejects) step.limit = rule.max_rejects;
    steps_.push_back(step);
  }
  if (!policy.collect) whole_limit_ = policy.max_rejects;
}

bool Rejects::always_aborts() const {
  return std::all_of(steps_.begin(), steps_.end(), [](const auto& step) { return step.aborts; });
}

void Rejects::abort(const ToldRecord& told, const PassPlace& place) const {
  const auto& fault = told.fault;
  auto field = field_of(told.bytes, fault);
  std::string shown = records::to_hex(field.substr(0, most_shown)) + (field.size() > most_shown ? "…"
                                                                      : field.empty()           ? "–"
                                                                                                : "");
  const auto id = origin_.reads_data_file() ? msg::record_refused
                  : told.made_by.empty()    ? msg::record_refused_later
                                            : msg::made_record_refused;
  throw because(id,
                {{"conversion", told.conversion},
                 {"file", pass_.file.name},
                 {"path", pass_.file.path.string()},
                 {"record", std::to_string(told.number + 1)},
                 {"length", std::to_string(told.bytes.size())},
                 {"offset", std::to_string(told.offset())},
                 {"key", key_of(told)},
                 {"field", fault.field},
                 {"type", type_of(told)},
                 {"field_offset", std::to_string(fault.offset)},
                 {"field_length", std::to_string(fault.length)},
                 {"hex", shown},
                 {"kind", std::string(records::fault_name(fault.kind))},
                 {"converted", std::to_string(place.converted)},
                 {"records", std::to_string(place.records)},
                 {"checkpoint", std::to_string(place.checkpoint)},
                 {"one_more", std::to_string(pass_.before.rejected + count_ + 1)},
                 {"made_by", told.made_by},
                 {"bytes_of", told.made_by.empty() ? pass_.file.path.string() : pass_.input.string()}},
                {fault.reason});
}

std::string Rejects::line(std::uint64_t number, std::string_view record, const records::Fault& fault,
                          const ToldRecord& told) const {
  Json line{{"file", pass_.file.name},
            {"conversion", told.conversion},
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
  if (!told.made_by.empty())
    line["made_by"] = told.made_by;
  else if (!origin_.reads_data_file())
    line["data_file"] = {{"record", told.number + 1},
                         {"offset", told.offset()},
                         {"field", told.fault.field},
                         {"field_offset", told.fault.offset},
                         {"hex", records::to_hex(field_of(told.bytes, told.fault))},
                         {"message", told.fault.reason.id.name},
                         {"args", args_json(told.fault.reason.args)}};
  // The reason may quote what SQLite says about bytes that are no text.
  return line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

void Rejects::refuse(std::uint64_t number, std::string_view record, const records::Fault& found,
                     const PassPlace& place) {
  const auto fault = as_in_file(pass_.program, found);
  auto& step = steps_[fault.step];
  const auto told = origin_.find(number, record, fault);
  if (step.aborts) abort(told, place);
  ++count_;
  ++step.count;
  records_.append(record);
  lines_.append(line(number, record, fault, told));
  supervisor_.refused({pass_.file.name, told.conversion, told.number + 1, told.offset() + told.fault.offset,
                       told.fault.field, records::to_hex(field_of(told.bytes, told.fault)),
                       std::string(records::fault_name(told.fault.kind)), told.fault.reason, told.made_by});
  check_limits(fault.step, place);
}

bool Rejects::over_whole_limit(std::uint64_t records) const {
  const auto& before = pass_.before;
  return whole_limit_ && whole_limit_->reached(before.rejected + count_, before.records_of_file(records));
}

void Rejects::check_limits(std::size_t index, const PassPlace& place) const {
  const auto& step = steps_[index];
  const auto& before = pass_.before;
  if (step.limit && step.limit->reached(step.count, place.records))
    give_up(index, step.count, place.records, *step.limit, place);
  if (over_whole_limit(place.records))
    give_up(index, before.rejected + count_, before.records_of_file(place.records), *whole_limit_, place);
}

void Rejects::give_up(std::size_t index, std::uint64_t rejected, std::uint64_t records, const RejectLimit& limit,
                      const PassPlace& place) const {
  auto shown =
      limit.records || limit.share == 0 ? std::to_string(limit.records) : fmt::format("{:g} %", limit.share * 100);
  std::vector<std::string> lines;
  for (const auto& path : pass_.before.reject_lines) lines.push_back(path.string());
  lines.push_back(pass_.reject_lines.string());
  throw Error(msg::too_many_rejects, {{"conversion", pass_.program.steps()[index].conversion},
                                      {"file", pass_.file.name},
                                      {"path", pass_.file.path.string()},
                                      {"rejected", std::to_string(rejected)},
                                      {"limit", shown},
                                      {"records", std::to_string(records)},
                                      {"checkpoint", std::to_string(place.checkpoint)},
                                      {"lines", fmt::format("{}", fmt::join(lines, ", "))}});
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

bool Rejects::go_on(const Json& state, Proofs& proofs) {
  count_ = 0;
  for (std::size_t i = 0; i < steps_.size(); ++i)
    count_ += steps_[i].count = state.at("counts").at(i).get<std::uint64_t>();
  // The rules of this try may be stricter than those of the one before.
  const auto records = std::filesystem::file_size(pass_.input) / pass_.program.input_length();
  const bool too_many =
      (count_ > 0 && over_whole_limit(records)) || std::any_of(steps_.begin(), steps_.end(), [&](const auto& step) {
        return step.count > 0 && (step.aborts || (step.limit && step.limit->reached(step.count, records)));
      });
  return !too_many && records_.go_on(state.at("records"), proofs) && lines_.go_on(state.at("lines"), proofs);
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
