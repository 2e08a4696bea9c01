// SPDX-License-Identifier: Apache-2.0
// Conversions by a program of the release: what it is told, what it may say, and what its end means. The program itself
// is handled in external_program.cpp, what it made is proven in external_output.cpp.
#include <fmt/core.h>

#include <algorithm>
#include <fstream>

#include "base/durable.hpp"
#include "messages/external.hpp"
#include "messages/reason.hpp"
#include "messages/record_pass.hpp"
#include "migrations/engine/external_output.hpp"
#include "migrations/engine/external_program.hpp"

namespace dfi::migrations::external_kind {
namespace {

using std::chrono::steady_clock;

fs::path program_of(const Conversion& conversion) {
  return conversion.origin.parent_path() / "programs" / conversion.program;
}

/// The files beside the shadow.
struct Names {
  explicit Names(const Work& work) : directory(work.shadow.string() + ".program"), log(work.shadow.string() + ".log") {
    const auto level = work.input == work.file.path ? "" : fmt::format(".{}", work.edges.front().from->level);
    rejects = fmt::format("{}{}.rejects", work.shadow.string(), level);
    lines = rejects.string() + ".jsonl";
  }
  fs::path directory, log, rejects, lines;
};

Message first_words(const fs::path& log) {
  constexpr int most_lines = 5;
  constexpr std::size_t most_bytes = 500;
  std::ifstream in(log);
  std::string words;
  int count = 0;
  for (std::string line; count < most_lines && words.size() < most_bytes && std::getline(in, line); ++count)
    words += (words.empty() ? "" : " / ") + line;
  if (words.empty()) return {msg::program_wrote_nothing, {}};
  return quoted(words.substr(0, most_bytes));
}

Args args_of(const Work& work, const Names& names) {
  const auto& conversion = *work.edges.front().conversion;
  const auto& before = work.before.edges;
  return {{"program", conversion.program},
          {"conversion", conversion.name},
          {"file", work.file.name},
          {"path", work.file.path.string()},
          {"made_by", before.empty() ? "" : before.back().conversion->name},
          {"seconds", std::to_string(conversion.silent_seconds)},
          {"log", names.log.string()}};
}

Error failed(const Work& work, const Names& names, const Reasons& reasons) {
  return because(msg::external_failed, args_of(work, names), reasons);
}

/// Where people repair them, depends on whether the program reads the data file itself.
Error bad_data(const Work& work, const Names& names, const Reasons& reasons) {
  const auto id = work.before.edges.empty() ? msg::external_bad_data : msg::external_bad_made;
  return because(id, args_of(work, names), reasons);
}

/// What the program says on its descriptor 3.
class Dialogue {
 public:
  Dialogue(const Work& work, const Names& names) : work_(work), names_(names), bytes_(fs::file_size(work.input)) {
    const auto& rules = *work.edges.front().conversion;
    aborts_ = !work.policy.collect && work.policy.on_error.value_or(rules.on_error) == OnError::abort;
    if (!work.policy.collect) limit_ = work.policy.max_rejects.value_or(rules.max_rejects);
    // What the operator says is for all conversions of the file.
    if (work.policy.max_rejects) before_ = work.before.rejected;
  }

  void take(const std::string& line) {
    heard_ = steady_clock::now();
    const auto json = Json::parse(line, nullptr, false);
    if (json.is_object() && json.size() == 2 && number(json, "done") && number(json, "total")) {
      done_ = json["done"].get<std::uint64_t>();
      total_ = json["total"].get<std::uint64_t>();
    } else if (json.is_object() && json.size() == 1 && json.contains("refused") && json["refused"].is_object()) {
      refuse(json["refused"]);
    } else {
      throw defect({msg::program_not_agreed, {{"words", line.substr(0, 200)}}});
    }
  }

  void look_in() {
    if (steady_clock::now() - heard_ > std::chrono::seconds(work_.edges.front().conversion->silent_seconds))
      throw because(msg::external_silent, args_of(work_, names_), {first_words(names_.log)});
    const auto share = total_ == 0 ? 0.0 : static_cast<double>(std::min(done_, total_)) / static_cast<double>(total_);
    work_.supervisor.progress(static_cast<std::uint64_t>(share * static_cast<double>(bytes_)), bytes_, rejected_);
  }

  /// The program has ended well: were all rejects kept, and are they few enough?
  void close() {
    std::error_code none;
    if (rejected_ > 0)
      keep_rejects();
    else if (const auto size = fs::file_size(names_.rejects, none); !none && size > 0)
      throw defect({msg::program_rejects_unsaid, {}});
    if (limit_ && !aborts_ && over_limit()) throw too_many();
  }
  std::uint64_t rejected() const { return rejected_; }
  const Reasons& last_refusal() const { return last_; }

 private:
  static bool number(const Json& json, const char* key) { return json.contains(key) && json[key].is_number_unsigned(); }
  static std::string words(const Json& json, const char* key) {
    return json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : std::string();
  }
  Error defect(const Message& reason) const { return failed(work_, names_, {reason}); }

  void refuse(const Json& json) {
    if (!number(json, "record") || words(json, "reason").empty())
      throw defect({msg::program_named_no_record, {{"words", json.dump().substr(0, 200)}}});
    Refusal refusal{work_.file.name,
                    work_.edges.front().conversion->name,
                    json["record"].get<std::uint64_t>(),
                    number(json, "offset") ? json["offset"].get<std::uint64_t>() : 0,
                    words(json, "field"),
                    words(json, "hex"),
                    "external",
                    {msg::external_refusal, {{"reason", words(json, "reason")}}},
                    work_.before.edges.empty() ? "" : work_.before.edges.back().conversion->name};
    const auto shown = [](const std::string& words) { return words.empty() ? "–" : words; };
    last_ = {{msg::program_refused,
              {{"record", std::to_string(refusal.record)},
               {"field", shown(refusal.field)},
               {"offset", std::to_string(refusal.offset)},
               {"hex", shown(refusal.hex)}}},
             refusal.reason};
    if (aborts_) throw bad_data(work_, names_, last_);
    ++rejected_;
    // The level says into what rejected records can be fed again.
    auto kept = refusal.to_json();
    kept["level"] = work_.edges.front().from->level;
    lines_ += kept.dump() + "\n";
    work_.supervisor.refused(refusal);
    // A share can only be judged at the end.
    if (limit_ && limit_->share == 0 && over_limit()) throw too_many();
  }

  std::uint64_t records() const { return work_.policy.max_rejects ? work_.before.records_of_file(total_) : total_; }
  bool over_limit() const { return limit_->reached(before_ + rejected_, records()); }

  Error too_many() const {
    const auto limit =
        limit_->share == 0 ? std::to_string(limit_->records) : fmt::format("{:g} %", limit_->share * 100);
    return Error(msg::too_many_rejects, {{"conversion", work_.edges.front().conversion->name},
                                         {"file", work_.file.name},
                                         {"path", work_.file.path.string()},
                                         {"rejected", std::to_string(before_ + rejected_)},
                                         {"limit", limit},
                                         {"records", std::to_string(records())},
                                         {"checkpoint", "0"},
                                         {"lines", names_.lines.string()}});
  }

  void keep_rejects() const {
    durable::write_file(names_.lines, lines_, 0640);
    std::error_code none;
    const auto size = fs::file_size(names_.rejects, none);
    const auto& from = *work_.edges.front().from;
    if (none || size == 0 || (from.kind == Kind::records && size != rejected_ * from.record->length))
      throw defect({msg::program_kept_no_rejects, {{"records", std::to_string(rejected_)}}});
    durable::sync_file(names_.rejects);
  }

  const Work& work_;
  const Names& names_;
  std::uint64_t bytes_, done_ = 0, total_ = 0, rejected_ = 0, before_ = 0;
  bool aborts_ = true;
  std::optional<RejectLimit> limit_;
  steady_clock::time_point heard_ = steady_clock::now();
  std::string lines_;
  Reasons last_;
};

ExternalCall prepare(const Work& work, const Names& names) {
  const auto& edge = work.edges.front();
  end_left_programs(names.directory);
  durable::remove_tree(names.directory);
  for (const auto& path : {work.output, names.rejects, names.lines, names.log}) durable::remove(path);
  durable::make_directories(names.directory, 0700);
  const auto program = names.directory / edge.conversion->program;
  // The definitions may lie where nothing may be run.
  durable::copy_file(program_of(*edge.conversion), program);
  durable::set_mode(program, 0700);
  return {{program.string(), "--in", work.input.string(), "--out", work.output.string(), "--rejects",
           names.rejects.string(), "--from", std::to_string(edge.from->level), "--to", std::to_string(edge.to->level)},
          names.directory,
          names.log,
          work.input};
}

void run(const Work& work, const Names& names, Dialogue& dialogue) {
  constexpr std::chrono::milliseconds look_in_every{100};
  durable::announce("run program", work.output);
  ExternalProgram program(prepare(work, names));
  while (program.wait(look_in_every, [&](const std::string& line) { dialogue.take(line); })) dialogue.look_in();
  switch (program.status()) {
    case 0: return dialogue.close();
    case 10:
      throw bad_data(work, names,
                     dialogue.last_refusal().empty() ? Reasons{first_words(names.log)} : dialogue.last_refusal());
    case 75: throw because(msg::external_later, args_of(work, names), {first_words(names.log)});
    default: break;
  }
  const auto status = program.status();
  const auto end = status > 128 ? Message{msg::program_signal, {{"signal", std::to_string(status - 128)}}}
                                : Message{msg::program_exit, {{"status", std::to_string(status)}}};
  throw failed(work, names, {end, first_words(names.log)});
}

Reasons lost_records(const Work& work, const Catalogue::Result& result) {
  const auto& edge = work.edges.front();
  if (edge.from->kind != Kind::records || edge.to->kind != Kind::records) return {};
  if (result.rows_before == result.rows_after + result.rejected) return {};
  return {{msg::program_lost_records,
           {{"before", std::to_string(result.rows_before)},
            {"after", std::to_string(result.rows_after)},
            {"rejected", std::to_string(result.rejected)}}}};
}

void remove_quietly(const Work& work, const Names& names) {
  std::error_code ignored;
  fs::remove_all(names.directory, ignored);
  fs::remove(work.output, ignored);
}

}  // namespace

void prove(const Edge& edge) {
  const auto program = program_of(*edge.conversion);
  if (!fs::is_regular_file(fs::symlink_status(program)))
    throw malformed(edge.conversion->origin, 1, fmt::format("there is no program {}", program.string()));
}

Catalogue::Result convert(const Work& work) {
  const Names names(work);
  Catalogue::Result result;
  try {
    StillInput input(work);
    Dialogue dialogue(work, names);
    run(work, names, dialogue);
    if (!input.unchanged()) throw Error(msg::external_input_changed, args_of(work, names));
    auto fault = finish_output(work, input, result);
    result.rejected = dialogue.rejected();
    if (fault.empty()) fault = lost_records(work, result);
    if (!fault.empty()) throw failed(work, names, fault);
  } catch (...) {
    remove_quietly(work, names);
    throw;
  }
  durable::remove_tree(names.directory);
  if (fs::file_size(names.log) == 0) durable::remove(names.log);
  return result;
}

}  // namespace dfi::migrations::external_kind
