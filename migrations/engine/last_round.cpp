// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/last_round.hpp"

#include <fstream>

#include "base/error.hpp"
#include "migrations/engine/passing_on.hpp"
#include "migrations/engine/unique_keys.hpp"

namespace dfi::migrations {
namespace {

/// Refusals of a round that may not be the last are told by nobody.
class Silent : public PassingOn {
 public:
  using PassingOn::PassingOn;
  void refused(const Refusal&) override {}
};

Message message_of(const Json& line) {
  const auto id = find_message(line.at("message").get<std::string>());
  require(id.has_value(), "a line of rejects names a message of ours");
  Message message{*id, {}};
  for (const auto& [name, value] : line.at("args").items()) message.args.push_back({name, value.get<std::string>()});
  return message;
}

Refusal refusal_of(const RecordPass& pass, const Json& line) {
  const auto& place = line.contains("data_file") ? line.at("data_file") : line;
  return {pass.file.name,
          line.at("conversion").get<std::string>(),
          place.at("record").get<std::uint64_t>(),
          place.at("offset").get<std::uint64_t>() + place.at("field_offset").get<std::uint64_t>(),
          place.at("field").get<std::string>(),
          place.at("hex").get<std::string>(),
          line.at("kind").get<std::string>(),
          message_of(place),
          line.value("made_by", "")};
}

// There may be as many as records: one after the other, from the file.
void tell(const RecordPass& pass, Supervisor& supervisor) {
  std::ifstream lines(pass.reject_lines);
  for (std::string text; std::getline(lines, text) && !lines.eof();) {  // the last one may be torn by a full disk
    const auto line = parse_json(text, pass.reject_lines);
    from_json_document(pass.reject_lines, [&] { supervisor.refused(refusal_of(pass, line)); });
  }
}

}  // namespace

RecordPassResult run_telling(const RecordPass& pass, const Policy& policy, Supervisor& supervisor, Shadow& shadow) {
  if (steps_with_unique_keys(pass.program).empty()) return RecordRun(pass, policy, supervisor).run(shadow);
  Silent silent(supervisor);
  RecordRun run(pass, policy, silent);
  try {
    auto result = run.run(shadow);
    tell(pass, supervisor);
    return result;
  } catch (...) {
    if (run.proven()) tell(pass, supervisor);
    throw;
  }
}

}  // namespace dfi::migrations
