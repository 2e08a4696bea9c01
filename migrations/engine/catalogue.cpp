// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <deque>
#include <map>

#include "base/durable.hpp"
#include "base/file.hpp"
#include "messages/conversion.hpp"
#include "messages/release.hpp"
#include "migrations/engine/definition.hpp"
#include "migrations/engine/kinds.hpp"

namespace dfi::migrations {

Error level_unknown(const DataFile& file, const Formats& formats, const std::string& reason) {
  std::vector<int> known;
  for (const auto* format : formats) known.push_back(format->level);
  return Error(msg::level_unknown, {{"file", file.name},
                                    {"path", file.path.string()},
                                    {"reason", reason},
                                    {"known", known.empty() ? "-" : fmt::format("{}", fmt::join(known, ", "))}});
}

const Format& known_format(const DataFile& file, const Formats& formats, std::int64_t level, const std::string& where) {
  for (const auto* format : formats)
    if (format->level == level) return *format;
  if (!formats.empty() && level > formats.back()->level)
    throw Error(
        msg::level_newer,
        {{"file", file.name}, {"level", std::to_string(level)}, {"newest", std::to_string(formats.back()->level)}});
  throw level_unknown(file, formats, fmt::format("{} says {}", where, level));
}

struct Catalogue::Data {
  std::map<std::pair<std::string, int>, Format> formats;
  std::map<std::string, Conversion> conversions;  // by name

  void add(const fs::path& path);
  void prove() const;
  Edge edge(const Conversion& conversion) const;
  Formats formats_of(const DataFile& file) const;
  const Format& format(const DataFile& file, int level) const;
};

void Catalogue::Data::add(const fs::path& path) {
  if (path.parent_path().filename() == "formats") {
    auto format = read_format(path);
    auto [old, added] = formats.try_emplace({format.file, format.level}, format);
    if (!added) throw malformed(path, 1, fmt::format("the same format stands in {}", old->second.origin.string()));
  } else {
    auto conversion = read_conversion(path);
    auto [old, added] = conversions.try_emplace(conversion.name, conversion);
    if (!added) throw malformed(path, 1, fmt::format("the same conversion stands in {}", old->second.origin.string()));
  }
}

Edge Catalogue::Data::edge(const Conversion& conversion) const {
  auto end = [&](int level) {
    auto found = formats.find({conversion.file, level});
    if (found == formats.end())
      throw malformed(conversion.origin, 1, fmt::format("there is no format {} {}", conversion.file, level));
    if (found->second.kind != conversion.kind)
      throw malformed(conversion.origin, 1, fmt::format("format {} {} is of another kind", conversion.file, level));
    return &found->second;
  };
  return {&conversion, end(conversion.from), end(conversion.to)};
}

void Catalogue::Data::prove() const {
  for (const auto& entry : formats)
    if (entry.second.kind == Kind::sqlite) sqlite_kind::prove(entry.second);
  for (const auto& entry : conversions) {
    auto step = edge(entry.second);
    if (step.conversion->kind == Kind::sqlite) sqlite_kind::prove(step);
    if (step.conversion->kind == Kind::config) config_kind::prove(step);
  }
}

Formats Catalogue::Data::formats_of(const DataFile& file) const {
  Formats result;
  for (const auto& [id, format] : formats)
    if (id.first == file.name && format.kind == file.kind) result.push_back(&format);
  return result;
}

const Format& Catalogue::Data::format(const DataFile& file, int level) const {
  return known_format(file, formats_of(file), level, "the release");
}

Catalogue::Catalogue(std::unique_ptr<Data> data) : data_(std::move(data)) {}
Catalogue::Catalogue(Catalogue&&) noexcept = default;
Catalogue& Catalogue::operator=(Catalogue&&) noexcept = default;
Catalogue::~Catalogue() = default;

Catalogue Catalogue::load(const fs::path& directory) {
  auto data = std::make_unique<Data>();
  for (const auto& entry : walk(directory))
    if (entry.kind == EntryKind::file && entry.path.extension() == ".toml") data->add(directory / entry.path);
  data->prove();
  return Catalogue(std::move(data));
}

int Catalogue::level_of(const DataFile& file) const {
  auto formats = data_->formats_of(file);
  if (formats.empty()) throw level_unknown(file, formats, "the release has no format of this file");
  switch (file.kind) {
    case Kind::sqlite: return sqlite_kind::level_of(file, formats);
    case Kind::config: return config_kind::level_of(file, formats);
    case Kind::area: return area_kind::level_of(file, formats);
  }
  throw level_unknown(file, formats, "unknown kind");
}

std::vector<Step> Catalogue::path(const DataFile& file, int from, int to) const {
  if (to < from)
    throw Error(msg::level_newer,
                {{"file", file.name}, {"level", std::to_string(from)}, {"newest", std::to_string(to)}});
  // Breadth first over conversions in the order of their names: fewest steps, and the same way every time.
  std::map<int, std::vector<Step>> reached{{from, {}}};
  std::deque<int> open{from};
  std::vector<std::string> known;
  for (; !open.empty() && !reached.count(to); open.pop_front())
    for (const auto& [name, conversion] : data_->conversions) {
      if (conversion.file != file.name || conversion.from != open.front()) continue;
      auto way = reached.at(open.front());
      way.push_back({name, conversion.from, conversion.to});
      if (reached.try_emplace(conversion.to, std::move(way)).second) open.push_back(conversion.to);
    }
  if (auto found = reached.find(to); found != reached.end()) return found->second;
  for (const auto& [name, conversion] : data_->conversions)
    if (conversion.file == file.name)
      known.push_back(fmt::format("{} ({} -> {})", name, conversion.from, conversion.to));
  throw Error(msg::no_path, {{"file", file.name},
                             {"from", std::to_string(from)},
                             {"to", std::to_string(to)},
                             {"known", known.empty() ? "-" : fmt::format("{}", fmt::join(known, ", "))}});
}

std::vector<Dependent> Catalogue::dependents(const DataFile& file, int level) const {
  if (file.kind != Kind::sqlite) return {};
  return sqlite_kind::dependents(file, data_->format(file, level));
}

void Catalogue::create(const DataFile& file, int level) const {
  const auto& format = data_->format(file, level);
  if (fs::exists(fs::symlink_status(file.path))) throw Error(msg::file_exists, {{"path", file.path.string()}});
  switch (file.kind) {
    case Kind::sqlite: return sqlite_kind::create(file.path, format);
    case Kind::config: return config_kind::create(file.path, format);
    case Kind::area: return area_kind::create(file.path, format);
  }
}

Catalogue::Result Catalogue::convert(const DataFile& file, const std::vector<Step>& steps,
                                     const fs::path& shadow) const {
  Edges edges;
  for (const auto& step : steps) {
    auto found = data_->conversions.find(step.conversion);
    require(found != data_->conversions.end() && found->second.file == file.name, "steps come from Catalogue::path");
    edges.push_back(data_->edge(found->second));
  }
  require(!edges.empty(), "a conversion has at least one step");
  durable::make_directories(shadow.parent_path(), 0700);
  Result result;
  switch (file.kind) {
    case Kind::sqlite: result = sqlite_kind::convert(file, edges, shadow); break;
    case Kind::config: result = config_kind::convert(file, edges, shadow); break;
    case Kind::area: result = area_kind::convert(file, edges, shadow); break;
  }
  result.steps = steps;
  return result;
}

}  // namespace dfi::migrations
