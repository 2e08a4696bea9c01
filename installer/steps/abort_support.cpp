// SPDX-License-Identifier: Apache-2.0
#include "steps/abort_support.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <charconv>

#include "base/clock.hpp"
#include "base/durable.hpp"
#include "messages/rehearse.hpp"
#include "steps/conversion_support.hpp"

namespace dfi::steps {
namespace {

std::uint64_t number(const std::string& text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// The whole record that was refused, as it stands in the file that the message speaks of; empty if it is about none.
std::string record_of(const Error& error) {
  constexpr std::uint64_t most = 1 << 20;
  const auto length = number(error.arg("length")), offset = number(error.arg("offset"));
  if (error.arg("record").empty() || error.arg("bytes_of").empty() || length == 0 || length > most) return "";
  Fd fd(::open(error.arg("bytes_of").c_str(), O_RDONLY | O_CLOEXEC));
  std::string bytes(length, '\0');
  const auto got = fd ? ::pread(fd.get(), bytes.data(), length, static_cast<off_t>(offset)) : -1;
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return bytes;
}

// Sixteen bytes a line: place, hex, and what is printable as Latin text.
std::string dump_of(const std::string& bytes) {
  constexpr std::size_t width = 16;
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += width) {
    std::string hex, plain;
    for (std::size_t i = at; i < std::min(at + width, bytes.size()); ++i) {
      const auto byte = static_cast<unsigned char>(bytes[i]);
      hex += fmt::format("{:02X} ", byte);
      plain += byte >= 0x20 && byte < 0x7f ? bytes[i] : '.';
    }
    text += fmt::format("    {:06}  {:<48} |{}|\n", at, hex, plain);
  }
  return text;
}

Json states_of(const Run& run, const std::vector<DataFilePlan>& work, const std::string& file) {
  Json states = Json::array();
  for (const auto& plan : work) {
    const auto& name = plan.target.name;
    const char* state = name == file ? "aborted" : is_finished(run, name) ? "finished" : "not_started";
    states.push_back({{"file", name}, {"state", state}});
  }
  return states;
}

Json facts_of(Run& run, const std::vector<DataFilePlan>& work, const std::string& file, const Error& error) {
  const auto installed = Generation::current(run.layout());
  Json holders = Json::array(), dependents = Json::array(), args = Json::object();
  if (installed)
    for (const auto& finding : checks::active(run.layout(), installed->spec(), run.services()))
      holders.push_back(finding.details);
  for (const auto& plan : work)
    for (const auto& dependent : plan.dependents)
      dependents.push_back(
          {{"file", dependent.file}, {"type", dependent.type}, {"name", dependent.name}, {"sql", dependent.sql}});
  for (const auto& arg : error.message().args) args[arg.name] = arg.value;
  return {{"file", file},
          {"at", now_utc()},
          {"id", message_id(error.message().id)},
          {"args", args},
          {"files", states_of(run, work, file)},
          {"holders", holders},
          {"dependents", dependents},
          {"dfinstall", DFI_VERSION},
          {"installed", installed ? Json(installed->level()) : Json(nullptr)},
          {"target", run.note_text("target")},
          {"commands", {"dfinstall resume", "dfinstall rollback", "dfinstall check --data", "dfinstall locks"}}};
}

std::string word_of(const std::string& state, Language language) {
  const auto id = state == "aborted"    ? msg::state_aborted
                  : state == "finished" ? msg::state_finished
                                        : msg::state_not_started;
  return text({id, {}}, language);
}

std::string in_words(const Run& run, const Json& facts, const Error& error, Language language) {
  auto say = [&](Msg id, Args args = {}) { return text({id, std::move(args)}, language) + "\n"; };
  const auto& message = error.message();
  std::string report =
      say(msg::report_title, {{"run", run.name()},
                              {"at", facts.at("at")},
                              {"host_version", facts.at("dfinstall")},
                              {"installed", facts.at("installed").is_null() ? "-" : facts.at("installed")},
                              {"target", facts.at("target")}});
  report += fmt::format("\n{} {}\n", message_id(message.id), text(message, language));
  for (const auto& step : error.trail()) report += "  " + text(step, language) + "\n";
  report += "  " + cause(message, language) + "\n  → " + recovery(message, language) + "\n\n";
  report += say(msg::report_files);
  for (const auto& state : facts.at("files"))
    report += fmt::format("    {:<12} {}\n", state.at("file").get<std::string>(),
                          word_of(state.at("state").get<std::string>(), language));
  report += say(msg::report_holders);
  for (const auto& holder : facts.at("holders"))
    if (holder.contains("pid"))
      report += fmt::format("    {} {} {} {}\n", holder.value("object", "?"), holder.at("pid").dump(),
                            holder.value("user", "?"), holder.value("command", "?"));
  report += say(msg::report_dependents);
  for (const auto& dependent : facts.at("dependents"))
    report += fmt::format("    {} {} {}: {}\n", dependent.at("file").get<std::string>(),
                          dependent.at("type").get<std::string>(), dependent.at("name").get<std::string>(),
                          dependent.at("sql").get<std::string>());
  report += say(msg::report_commands);
  for (const auto& command : facts.at("commands")) report += "    " + command.get<std::string>() + "\n";
  return report;
}

}  // namespace

void write_abort_report(Run& run, const std::vector<DataFilePlan>& work, const std::string& file, const Error& error) {
  try {
    auto facts = facts_of(run, work, file, error);
    const auto path = run.layout().aborts() / fmt::format("{}-{}.txt", run.id(), file);
    std::string report =
        in_words(run, facts, error, Language::english) + "\n" + in_words(run, facts, error, Language::german);
    if (const auto record = record_of(error); !record.empty()) {
      const Message title{error.arg("made_by").empty() ? msg::report_record : msg::report_made_record,
                          {{"record", error.arg("record")}, {"made_by", error.arg("made_by")}}};
      report += "\n" + text(title, Language::english) + " / " + text(title, Language::german) + "\n" + dump_of(record);
    }
    durable::make_directories(path.parent_path(), 0750);
    durable::write_file(path, report, 0640);
    facts["report"] = path.string();
    run.note("abort", facts);
    run.say(msg::abort_reported, {{"path", path.string()}});
  } catch (const std::exception&) {
    // Most likely a full disk, which `error` says already.
  }
}

}  // namespace dfi::steps
