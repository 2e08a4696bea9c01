// SPDX-License-Identifier: Apache-2.0
// Which level a data file has, by its content; several that fit are no answer.
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>

#include "base/database.hpp"
#include "messages/conversion.hpp"
#include "messages/reason.hpp"
#include "migrations/engine/kinds.hpp"

namespace dfi::migrations {
namespace {

Formats of_kind(const Formats& formats, Kind kind) {
  Formats result;
  for (const auto* format : formats)
    if (format->kind == kind) result.push_back(format);
  return result;
}

using record_kind::Fit;
using record_kind::Fits;

Fit fit_of(const DataFile& file, const Format& format) {
  try {
    if (format.kind == Kind::records) return record_kind::fit_of(file.path, format);
    if (format.kind == Kind::area) area_kind::level_of(file, {&format});
    if (format.kind == Kind::config) config_kind::level_of(file, {&format});
    return {Fits::yes, {}};
  } catch (const Error& error) {
    return {Fits::other_length, error.message().id == msg::level_unknown ? error.trail() : Reasons{error.message()}};
  }
}

/// What the content says about each level.
struct Opinion {
  const Format* format;
  Fit fit;
};
using Opinions = std::vector<Opinion>;

std::vector<int> at_least(const Opinions& opinions, Fits fits) {
  std::vector<int> levels;
  for (const auto& each : opinions)
    if (each.fit.fits >= fits) levels.push_back(each.format->level);
  return levels;
}

void add_to(Reasons& reasons, const Opinion& opinion) {
  reasons.push_back({msg::level_excluded, {{"level", std::to_string(opinion.format->level)}}});
  reasons.insert(reasons.end(), opinion.fit.why.begin(), opinion.fit.why.end());
}

Reasons reasons(const Opinions& opinions) {
  Reasons result;
  for (const auto& each : opinions)
    if (!each.fit.why.empty()) add_to(result, each);
  return result;
}

/// Whether a person wrote it (lines of text): then the configuration's own word on what is wrong says more.
bool is_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string first;
  std::getline(in, first);
  return !in.eof() &&
         std::all_of(first.begin(), first.end(), [](char c) { return c == '\t' || (c >= 0x20 && c < 0x7f); });
}

/// A level that somebody names is believed unless the content excludes it, or cannot be read that way but in another.
int as_told(const DataFile& file, const Formats& formats, const Opinions& opinions, int told) {
  const auto named =
      std::find_if(opinions.begin(), opinions.end(), [&](const auto& o) { return o.format->level == told; });
  if (named == opinions.end())
    throw level_unknown(file, formats, {{msg::level_not_there, {{"level", std::to_string(told)}}}});
  const auto others = at_least(opinions, Fits::disordered);
  const auto fits = named->fit.fits;
  if (fits >= Fits::disordered || (fits == Fits::unreadable && others.empty())) return told;
  Reasons why;
  add_to(why, *named);
  if (!others.empty()) why.push_back({msg::level_possible, {{"levels", fmt::format("{}", fmt::join(others, ", "))}}});
  throw level_unknown(file, formats, why);
}

int by_content(const DataFile& file, const Formats& formats, std::optional<int> told) {
  Opinions opinions;
  for (const auto* format : formats) opinions.push_back({format, fit_of(file, *format)});
  if (told) return as_told(file, formats, opinions, *told);
  const auto fitting = at_least(opinions, Fits::yes);
  if (fitting.size() == 1) return fitting.front();
  if (fitting.size() > 1)
    throw Error(
        msg::level_ambiguous,
        {{"file", file.name}, {"path", file.path.string()}, {"levels", fmt::format("{}", fmt::join(fitting, ", "))}});
  const auto configurations = of_kind(formats, Kind::config);
  if (!configurations.empty() && is_text(file.path)) return config_kind::level_of(file, configurations);
  // However bad its records are: no other level has their length, and a conversion names each of them.
  if (at_least(opinions, Fits::other_text).size() == 1)
    if (const auto only = at_least(opinions, Fits::unreadable); only.size() == 1) return only.front();
  throw level_unknown(file, formats, reasons(opinions));
}

}  // namespace

Error level_unknown(const DataFile& file, const Formats& formats, const Reasons& why) {
  std::vector<int> known;
  for (const auto* format : formats) known.push_back(format->level);
  return because(msg::level_unknown,
                 {{"file", file.name},
                  {"path", file.path.string()},
                  {"known", known.empty() ? "-" : fmt::format("{}", fmt::join(known, ", "))}},
                 why);
}

const Format& known_format(const DataFile& file, const Formats& formats, std::int64_t level, const std::string& where) {
  for (const auto* format : formats)
    if (format->level == level) return *format;
  if (!formats.empty() && level > formats.back()->level)
    throw Error(
        msg::level_newer,
        {{"file", file.name}, {"level", std::to_string(level)}, {"newest", std::to_string(formats.back()->level)}});
  throw level_unknown(file, formats, {{msg::level_said, {{"where", where}, {"level", std::to_string(level)}}}});
}

int fingerprint(const DataFile& file, const Formats& formats, std::optional<int> told) {
  if (formats.empty()) throw level_unknown(file, formats, {{msg::level_without_format, {}}});
  if (const auto databases = of_kind(formats, Kind::sqlite);
      !databases.empty() && (databases.size() == formats.size() || is_database(file.path))) {
    const int level = sqlite_kind::level_of(file, databases);
    if (told && *told != level)
      throw level_unknown(
          file, formats,
          {{msg::level_contradicted, {{"level", std::to_string(level)}, {"told", std::to_string(*told)}}}});
    return level;
  }
  auto others = formats;
  others.erase(std::remove_if(others.begin(), others.end(), [](const auto* f) { return f->kind == Kind::sqlite; }),
               others.end());
  // A configuration of one kind only has a better word for what is wrong with it.
  if (!told && of_kind(others, Kind::config).size() == others.size()) return config_kind::level_of(file, others);
  if (!told && of_kind(others, Kind::area).size() == others.size()) return area_kind::level_of(file, others);
  return by_content(file, others, told);
}

}  // namespace dfi::migrations
