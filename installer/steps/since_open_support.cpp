// SPDX-License-Identifier: Apache-2.0
#include "steps/since_open_support.hpp"

#include <fmt/core.h>
#include <sys/stat.h>

#include "messages/rehearse.hpp"

namespace dfi::steps {
namespace {

Json facts_of(const fs::path& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return nullptr;
  std::error_code none;
  const auto waiting = fs::file_size(path.string() + "-wal", none);
  return {{"size", facts.st_size},
          {"mtime", fmt::format("{}.{:09}", facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec)},
          {"inode", facts.st_ino},
          {"waiting", none ? 0 : waiting}};
}

// Formats of the release this run brought: in its staging directory until commit.
migrations::Catalogue catalogue_now(const Run& run) {
  const auto staged = run.layout().staging(run.id()) / "definitions";
  return migrations::Catalogue::load(fs::exists(staged) ? staged : run.layout().definitions());
}

}  // namespace

void note_at_open(Run& run) {
  const auto generation = Generation::current(run.layout());
  if (run.verb() != "update" || run.note("at_open") || !generation) return;
  const auto catalogue = catalogue_now(run);
  Json files = Json::array();
  for (const auto& spec : generation->spec().data_files) {
    const auto file = to_engine(run.layout(), spec);
    files.push_back({{"file", spec.name},
                     {"path", file.path.string()},
                     {"level", spec.level},
                     {"rows", catalogue.estimate(file, spec.level, {}).records},
                     {"facts", facts_of(file.path)}});
  }
  run.note("at_open", files);
}

Json tell_written_since(Run& run) {
  const auto noted = run.note("at_open");
  if (!noted) return Json::array();
  const auto catalogue = catalogue_now(run);
  Json files = Json::array();
  for (const auto& then : *noted) {
    const migrations::DataFile file{then.at("file").get<std::string>(), then.at("path").get<std::string>()};
    const auto before = then.at("rows").get<std::int64_t>();
    const auto now = static_cast<std::int64_t>(catalogue.estimate(file, then.at("level").get<int>(), {}).records);
    const bool changed = facts_of(file.path) != then.at("facts");
    files.push_back({{"file", file.name}, {"rows_then", before}, {"rows_now", now}, {"changed", changed}});
    const Args args{{"file", file.name},
                    {"count", fmt::format("{:+}", now - before)},
                    {"then", std::to_string(before)},
                    {"now", std::to_string(now)}};
    run.say(now != before ? msg::written_since : changed ? msg::changed_since : msg::untouched_since, args);
  }
  return files;
}

}  // namespace dfi::steps
