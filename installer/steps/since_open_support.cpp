// SPDX-License-Identifier: Apache-2.0
#include "steps/since_open_support.hpp"

#include <fmt/core.h>

#include "base/file_state.hpp"
#include "messages/rehearse.hpp"
#include "steps/identity_support.hpp"

namespace dfi::steps {
namespace {

// Null if there is no such file.
Json facts_now(const fs::path& path) {
  try {
    return file_state(path);
  } catch (const Error&) {
    return nullptr;
  }
}

// Of the release this run brought: in its staging directory until commit. Statistics decide nothing, so what cannot be
// had is left out.
std::optional<migrations::Catalogue> catalogue_now(const Run& run) {
  const auto staged = run.layout().staging(run.id()) / "definitions";
  try {
    return migrations::Catalogue::load(fs::exists(staged) ? staged : run.layout().definitions(),
                                       migrations::Proof::done);
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

// Null if they cannot be counted.
Json rows_of(const std::optional<migrations::Catalogue>& catalogue, const migrations::DataFile& file, int level) {
  if (!catalogue) return nullptr;
  try {
    return catalogue->estimate(file, level, {}).records;
  } catch (const std::exception&) {
    return nullptr;
  }
}

std::string count_text(const Json& rows) { return rows.is_null() ? "?" : rows.dump(); }

Json tell_file(Run& run, const std::optional<migrations::Catalogue>& catalogue, const Json& then) {
  const migrations::DataFile file{then.at("file").get<std::string>(), then.at("path").get<std::string>()};
  const Json before = then.at("rows");
  const Json now = rows_of(catalogue, file, then.at("level").get<int>());
  const bool changed = facts_now(file.path) != then.at("facts");
  Args args{{"file", file.name}, {"then", count_text(before)}, {"now", count_text(now)}};
  if (before.is_number() && now.is_number() && before != now) {
    args.push_back({"count", fmt::format("{:+}", now.get<std::int64_t>() - before.get<std::int64_t>())});
    run.say(msg::written_since, args);
  } else {
    run.say(changed ? msg::changed_since : msg::untouched_since, args);
  }
  return {{"file", file.name}, {"rows_then", before}, {"rows_now", now}, {"changed", changed}};
}

}  // namespace

void note_at_open(Run& run) {
  const auto generation = Generation::usable(run.layout());
  if (run.verb() != "update" || run.note("at_open") || !generation) return;
  const auto catalogue = catalogue_now(run);
  Json files = Json::array();
  for (const auto& spec : generation->spec().data_files) {
    const auto file = to_engine(run.layout(), spec);
    files.push_back({{"file", spec.name},
                     {"path", file.path.string()},
                     {"level", spec.level},
                     {"rows", rows_of(catalogue, file, spec.level)},
                     {"facts", facts_now(file.path)}});
  }
  run.note("at_open", files);
}

Json tell_written_since(Run& run) {
  Json files = Json::array();
  try {
    const auto noted = run.note("at_open");
    if (!noted) return files;
    const auto catalogue = catalogue_now(run);
    for (const auto& then : *noted) files.push_back(tell_file(run, catalogue, then));
  } catch (const std::exception&) {
    // What could not be told must not replace the answer it goes with.
  }
  return files;
}

}  // namespace dfi::steps
