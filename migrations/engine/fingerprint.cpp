// SPDX-License-Identifier: Apache-2.0
// Which level a data file has, by its content; several that fit are no answer.
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>

#include "base/database.hpp"
#include "messages/conversion.hpp"
#include "migrations/engine/kinds.hpp"

namespace dfi::migrations {
namespace {

Formats of_kind(const Formats& formats, Kind kind) {
  Formats result;
  for (const auto* format : formats)
    if (format->kind == kind) result.push_back(format);
  return result;
}

/// Which of these levels the content can have, and why not the others.
std::vector<int> fitting(const DataFile& file, const Formats& formats, std::string& reasons) {
  std::vector<int> fits;
  for (const auto* format : formats) {
    std::string why;
    try {
      if (format->kind == Kind::records) why = record_kind::why_not(file.path, *format);
      if (format->kind == Kind::area) area_kind::level_of(file, {format});
      if (format->kind == Kind::config) config_kind::level_of(file, {format});
    } catch (const Error& error) {
      why = error.arg("reason").empty() ? error.what() : error.arg("reason");
    }
    if (why.empty())
      fits.push_back(format->level);
    else
      reasons += fmt::format("{}level {}: {}", reasons.empty() ? "" : "; ", format->level, why);
  }
  return fits;
}

/// Whether a person wrote it (lines of text): then the configuration's own word on what is wrong says more.
bool is_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string first;
  std::getline(in, first);
  return !in.eof() &&
         std::all_of(first.begin(), first.end(), [](char c) { return c == '\t' || (c >= 0x20 && c < 0x7f); });
}

int by_content(const DataFile& file, const Formats& formats, std::optional<int> told) {
  std::string reasons;
  auto fits = fitting(file, formats, reasons);
  if (told) {
    if (std::find(fits.begin(), fits.end(), *told) != fits.end()) return *told;
    throw level_unknown(file, formats, fmt::format("it cannot be level {}: {}", *told, reasons));
  }
  if (fits.size() == 1) return fits.front();
  const auto configurations = of_kind(formats, Kind::config);
  if (fits.empty() && !configurations.empty() && is_text(file.path)) return config_kind::level_of(file, configurations);
  if (fits.empty()) throw level_unknown(file, formats, reasons);
  throw Error(
      msg::level_ambiguous,
      {{"file", file.name}, {"path", file.path.string()}, {"levels", fmt::format("{}", fmt::join(fits, ", "))}});
}

}  // namespace

int fingerprint(const DataFile& file, const Formats& formats, std::optional<int> told) {
  if (formats.empty()) throw level_unknown(file, formats, "the release has no format of this file");
  if (const auto databases = of_kind(formats, Kind::sqlite);
      !databases.empty() && (databases.size() == formats.size() || is_database(file.path))) {
    const int level = sqlite_kind::level_of(file, databases);
    if (told && *told != level)
      throw level_unknown(file, formats, fmt::format("it says level {}, not {}", level, *told));
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
