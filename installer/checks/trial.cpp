// SPDX-License-Identifier: Apache-2.0
// A conversion on a private copy: what `check --data` and `rehearse` share. The product works on and nothing of it is
// touched; SQLite files are copied by SQLite's own backup interface.
#include <fmt/core.h>

#include "base/clock.hpp"
#include "base/durable.hpp"
#include "base/file_state.hpp"
#include "checks/checks.hpp"
#include "messages/general.hpp"
#include "messages/rehearse.hpp"
#include "system/room_used.hpp"

namespace dfi {
namespace {

class Teller : public migrations::Supervisor {
 public:
  Teller(Trial& trial, const TrialListener& listener) : trial_(trial), listener_(listener) {}
  void progress(std::uint64_t done, std::uint64_t total, std::uint64_t) override { listener_.progress(done, total); }
  void refused(const migrations::Refusal& refusal) override {
    trial_.found.count(refusal);
    listener_.refused(refusal);
  }

 private:
  Trial& trial_;
  const TrialListener& listener_;
};

}  // namespace

Json to_json(const migrations::Refusal& refusal, Language language) {
  auto json = refusal.to_json();
  json["reason"] = text(refusal.reason, language);
  return json;
}

std::vector<Message> lines_of(const migrations::Refusal& refusal) {
  if (refusal.record == 0) return {refusal.reason};
  const Message place{refusal.made_by.empty() ? msg::trial_bad_record : msg::trial_bad_made_record,
                      {{"file", refusal.file},
                       {"record", std::to_string(refusal.record)},
                       {"conversion", refusal.conversion},
                       {"field", refusal.field},
                       {"offset", std::to_string(refusal.offset)},
                       {"hex", refusal.hex},
                       {"made_by", refusal.made_by}}};
  return {place, refusal.reason};
}

void Found::count(const migrations::Refusal& refusal) {
  if (refusal.record > 0)
    ++records;
  else if (refusal.kind == "dependent")
    ++objects;
  else
    ++rows;
}

void Found::add(const Found& more) {
  records += more.records;
  rows += more.rows;
  objects += more.objects;
  files += more.files;
}

Message Found::verdict() const {
  return {total() == records ? msg::data_bad : msg::data_stops,
          {{"count", std::to_string(records)},
           {"rows", std::to_string(rows)},
           {"objects", std::to_string(objects)},
           {"files", std::to_string(files)}}};
}

Json Found::to_json() const { return {{"records", records}, {"rows", rows}, {"objects", objects}, {"files", files}}; }

Found Found::from_json(const Json& json) {
  const auto number = [&](const char* key) { return json.at(key).get<std::uint64_t>(); };
  return {number("records"), number("rows"), number("objects"), number("files")};
}

Json Trial::to_json(Language language) const {
  Json json{{"file", file},
            {"conversions", conversions},
            {"kinds", kinds},
            {"rows_before", result.rows_before},
            {"rows_after", result.rows_after},
            {"bytes", bytes},
            {"bytes_after", result.bytes_after},
            {"space", space},
            {"state", state},
            {"seconds", seconds},
            {"definitions", definitions},
            {"refused", found.total() - found.files},
            {"found", found.to_json()},
            {"error", nullptr}};
  if (error)
    json["error"] = {{"id", message_id(error->message().id)},
                     {"name", error->message().id.name},
                     {"text", text(error->message(), language)}};
  return json;
}

Args trial_args(const Trial& trial) {
  return {{"file", trial.file},
          {"conversions", trial.conversions},
          {"rows", std::to_string(trial.result.rows_before)},
          {"bytes", std::to_string(trial.bytes)},
          {"bytes_after", std::to_string(trial.result.bytes_after)},
          {"space", std::to_string(trial.space)},
          {"seconds", fmt::format("{:.1f}", trial.seconds)},
          {"bad", std::to_string(trial.found.total())}};
}

Trial try_conversion(const migrations::Catalogue& catalogue, const DataFilePlan& plan, const fs::path& directory,
                     migrations::Policy policy, const TrialListener& listener) {
  Trial trial;
  trial.file = plan.target.name;
  trial.conversions = route_text(plan.route);
  trial.kinds = route_kinds(plan.route);
  trial.definitions = catalogue.digest(plan.file, plan.route);
  policy.collect = true;
  const migrations::DataFile copy{plan.file.name, directory / plan.file.path.filename()};
  const auto shadow = directory / "new" / copy.path.filename();
  durable::make_directories(shadow.parent_path(), 0700);
  const auto before = file_state(plan.file.path);
  migrations::copy_live(plan.file.path, copy.path);
  if (file_state(plan.file.path) == before) trial.state = before;
  trial.bytes = fs::file_size(copy.path);
  Teller teller(trial, listener);
  RoomUsed room(shadow.parent_path());
  const auto begun = monotonic_ms();
  try {
    trial.result = catalogue.convert(copy, plan.route, shadow, policy, teller);
  } catch (const Error& e) {
    // One file that cannot be converted must not hide what is wrong with the next; what is wrong with this host may.
    if (!e.arg("signal").empty() || e.message().id == msg::disk_full) throw;
    trial.error = e;
    ++trial.found.files;
  }
  trial.seconds = static_cast<double>(monotonic_ms() - begun) / 1000;
  trial.space = room.most();
  return trial;
}

}  // namespace dfi
