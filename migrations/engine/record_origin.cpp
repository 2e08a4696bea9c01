// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/record_origin.hpp"

#include <fcntl.h>

#include <algorithm>

#include "base/fd.hpp"
#include "base/json.hpp"
#include "messages/record_pass.hpp"
#include "migrations/engine/field_origin.hpp"
#include "migrations/engine/file_digest.hpp"

namespace dfi::migrations {
namespace {

std::optional<records::Program> whole_program(const RecordPass& pass) {
  const auto& before = pass.before;
  const bool known = std::all_of(before.reject_lines.begin(), before.reject_lines.end(),
                                 [](const auto& path) { return fs::exists(path); });
  if (before.edges.empty() || !before.over_records || !known) return std::nullopt;
  std::vector<records::Step> steps;
  for (const auto& edge : before.edges) steps.push_back(edge.conversion->step);
  steps.insert(steps.end(), pass.program.steps().begin(), pass.program.steps().end());
  return records::Program::compile(std::move(steps));
}

}  // namespace

RecordNumbers::RecordNumbers(fs::path reject_lines) : path_(std::move(reject_lines)) { start_anew(); }

void RecordNumbers::start_anew() {
  lines_ = std::ifstream(path_);
  skipped_ = 0;
  next();
}

void RecordNumbers::next() {
  rejected_.reset();
  if (std::string line; std::getline(lines_, line))
    from_json_document(path_, [&] { rejected_ = parse_json(line, path_).at("record").get<std::uint64_t>() - 1; });
}

std::uint64_t RecordNumbers::before(std::uint64_t number) {
  if (number < last_) start_anew();
  last_ = number;
  while (rejected_ && *rejected_ <= number + skipped_) {
    ++skipped_;
    next();
  }
  return number + skipped_;
}

RecordOrigin::RecordOrigin(const RecordPass& pass) : pass_(pass), whole_(whole_program(pass)) {
  if (!whole_) return;
  for (const auto& lines : pass.before.reject_lines) passes_.emplace_back(lines);
}

std::uint64_t RecordOrigin::in_data_file(std::uint64_t number) {
  for (auto pass = passes_.rbegin(); pass != passes_.rend(); ++pass) number = pass->before(number);
  return number;
}

ToldRecord RecordOrigin::find(std::uint64_t number, std::string_view record, const records::Fault& fault) {
  const auto& conversion = pass_.program.steps()[fault.step].conversion;
  if (!whole_) {
    const auto made_by = reads_data_file() ? "" : pass_.before.edges.back().conversion->name;
    return {number, std::string(record), fault, conversion, made_by, pass_.program.steps().front().from.get()};
  }
  ToldRecord told{in_data_file(number),
                  std::string(whole_->input_length(), '\0'),
                  {},
                  conversion,
                  "",
                  whole_->steps().front().from.get()};
  Fd fd(::open(pass_.file.path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw os_error("open", pass_.file.path);
  read_at(fd.get(), pass_.file.path, told.offset(), told.bytes.data(), told.bytes.size());
  told.fault = as_in_file(*whole_, fault_of(told.bytes, fault));
  return told;
}

records::Fault RecordOrigin::fault_of(const std::string& record, const records::Fault& fault) {
  records::Desk desk(*whole_);
  std::vector<records::Row> rows;
  std::string out(whole_->output_length(), '\0');
  const bool converted = whole_->makes_rows() ? whole_->convert(desk, record.data(), rows)
                                              : whole_->convert(desk, record.data(), out.data());
  if (!converted) return desk.fault();
  auto told = fault;
  told.step += pass_.before.edges.size();
  for (auto& arg : told.reason.args)
    if (told.reason.id == msg::key_repeated && arg.name == "first")
      arg.value = std::to_string(in_data_file(std::stoull(arg.value) - 1) + 1);
  if (fault.kind == records::FaultKind::duplicate_key) return told;
  // What the table speaks against: the field is the one which that of its row was made of.
  const auto* field = fault.length ? field_at(*pass_.program.steps().front().from, fault.offset) : nullptr;
  records::Fault source;
  source.step = pass_.before.edges.size() - 1;
  if (field) {
    source.field = field->name;
    locate_origin(*whole_, source);
  }
  told.offset = source.offset;
  told.length = source.length;
  return told;
}

}  // namespace dfi::migrations
