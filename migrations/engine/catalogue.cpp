// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <map>

#include "base/durable.hpp"
#include "base/file.hpp"
#include "base/hash.hpp"
#include "messages/conversion.hpp"
#include "messages/release.hpp"
#include "migrations/engine/file_digest.hpp"
#include "migrations/engine/kinds.hpp"
#include "migrations/engine/parts.hpp"
#include "migrations/engine/refeed.hpp"
#include "migrations/engine/route.hpp"

namespace dfi::migrations {

Error conversion_failed(const Conversion& conversion, const DataFile& file, const Reasons& reasons) {
  return because(msg::conversion_failed,
                 {{"conversion", conversion.name}, {"file", file.name}, {"path", file.path.string()}}, reasons);
}

Error conversion_failed(const Conversion& conversion, const DataFile& file, const std::string& words) {
  return conversion_failed(conversion, file, Reasons{quoted(words)});
}

void require_no_fault(const Conversion& conversion, const DataFile& file, const Reasons& fault) {
  if (!fault.empty()) throw conversion_failed(conversion, file, fault);
}

void refuse_dependents(const DataFile& file, const std::vector<Dependent>& dependents, const Policy& policy) {
  if (dependents.empty() || policy.dependents != Dependents::abort) return;
  throw Error(msg::dependents_unwanted, {{"file", file.name},
                                         {"path", file.path.string()},
                                         {"type", dependents.front().type},
                                         {"name", dependents.front().name},
                                         {"count", std::to_string(dependents.size())}});
}

struct Catalogue::Data {
  std::map<std::pair<std::string, int>, Format> formats;
  std::map<std::string, Conversion> conversions;  // by name

  void add(const fs::path& path);
  void complete();
  void prove() const;
  Edge edge(const Conversion& conversion) const;
  Edges edges(const std::string& file, const std::vector<Step>& steps) const;
  std::vector<Part> parts(const std::string& file, const Route& route) const;
  Formats formats_of(const std::string& file) const;
  const Format& format(const std::string& file, int level) const;
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

namespace {

bool fits(const Format& format, PassKind kind, bool target) {
  switch (kind) {
    case PassKind::records: return format.kind == Kind::records;
    case PassKind::load:
      return target ? format.kind == Kind::sqlite || format.kind == Kind::config : format.kind == Kind::records;
    case PassKind::sqlite:
    case PassKind::fresh:
    case PassKind::in_place: return format.kind == Kind::sqlite;
    case PassKind::config: return format.kind == Kind::config;
    case PassKind::area: return format.kind == Kind::area;
    case PassKind::external: return true;
  }
  return false;
}

}  // namespace

Edge Catalogue::Data::edge(const Conversion& conversion) const {
  auto end = [&](int level, bool target) {
    auto found = formats.find({conversion.file, level});
    if (found == formats.end())
      throw malformed(conversion.origin, 1, fmt::format("there is no format {} {}", conversion.file, level));
    if (!fits(found->second, conversion.kind, target))
      throw malformed(conversion.origin, 1, fmt::format("format {} {} is of another kind", conversion.file, level));
    return &found->second;
  };
  return {&conversion, end(conversion.from, false), end(conversion.to, true)};
}

Edges Catalogue::Data::edges(const std::string& file, const std::vector<Step>& steps) const {
  Edges result;
  for (const auto& step : steps) {
    auto found = conversions.find(step.conversion);
    require(found != conversions.end() && found->second.file == file, "steps come from Catalogue::route");
    result.push_back(edge(found->second));
  }
  require(!result.empty(), "a conversion has at least one step");
  return result;
}

std::vector<Part> Catalogue::Data::parts(const std::string& file, const Route& route) const {
  std::vector<Part> result;
  for (const auto& pass : route) add_to_parts(result, edges(file, pass.steps));
  return result;
}

// What a record step needs of its formats: read from other files, so only known when all are.
void Catalogue::Data::complete() {
  for (auto& [name, conversion] : conversions) {
    if (conversion.kind != PassKind::records && conversion.kind != PassKind::load) continue;
    const auto ends = edge(conversion);
    conversion.step.from = ends.from->record;
    conversion.step.to = ends.to->record;
    for (auto& row : conversion.step.rows) {
      if (ends.to->kind == Kind::config) {
        for (const auto& key : ends.to->keys) row.columns.push_back(key.name);
        if (!row.table.empty()) throw malformed(conversion.origin, 1, "a configuration has no tables to fill");
      } else {
        row.columns = sqlite_kind::columns_of(*ends.to, row.table);
        if (row.columns.empty())
          throw malformed(conversion.origin, 1, fmt::format("level {} has no table '{}'", conversion.to, row.table));
      }
    }
  }
}

void Catalogue::Data::prove() const {
  for (const auto& entry : conversions) {
    auto step = edge(entry.second);
    switch (step.conversion->kind) {
      case PassKind::records:
      case PassKind::load: record_kind::prove(step); break;
      case PassKind::sqlite:
      case PassKind::fresh:
      case PassKind::in_place: sqlite_kind::prove(step); break;
      case PassKind::config: config_kind::prove(step); break;
      case PassKind::external: external_kind::prove(step); break;
      case PassKind::area: break;
    }
  }
}

Formats Catalogue::Data::formats_of(const std::string& file) const {
  Formats result;
  for (const auto& [id, format] : formats)
    if (id.first == file) result.push_back(&format);
  return result;
}

const Format& Catalogue::Data::format(const std::string& file, int level) const {
  return known_format({file, {}}, formats_of(file), level, "release.json");
}

Catalogue::Catalogue(std::unique_ptr<Data> data) : data_(std::move(data)) {}
Catalogue::Catalogue(Catalogue&&) noexcept = default;
Catalogue& Catalogue::operator=(Catalogue&&) noexcept = default;
Catalogue::~Catalogue() = default;

Catalogue Catalogue::load(const fs::path& directory, Proof proof) {
  auto data = std::make_unique<Data>();
  for (const auto& entry : walk(directory))
    if (entry.kind == EntryKind::file && entry.path.extension() == ".toml" &&
        entry.path.parent_path().filename() != "programs")
      data->add(directory / entry.path);
  // Formats first: what a load needs of its tables is asked of their SQL.
  if (proof == Proof::now)
    for (const auto& entry : data->formats)
      if (entry.second.kind == Kind::sqlite) sqlite_kind::prove(entry.second);
  refuse_twins(data->conversions);
  data->complete();
  if (proof == Proof::now) data->prove();
  return Catalogue(std::move(data));
}

int Catalogue::level_of(const DataFile& file, std::optional<int> told) const {
  return fingerprint(file, data_->formats_of(file.name), told);
}

Kind Catalogue::kind_of(const std::string& file, int level) const { return data_->format(file, level).kind; }

Route Catalogue::route(const DataFile& file, int from, int to, bool fuse) const {
  if (to < from)
    throw Error(msg::level_newer,
                {{"file", file.name}, {"level", std::to_string(from)}, {"newest", std::to_string(to)}});
  std::vector<const Conversion*> conversions;
  std::vector<std::string> known;
  for (const auto& [name, conversion] : data_->conversions) {
    if (conversion.file != file.name) continue;
    conversions.push_back(&conversion);
    known.push_back(fmt::format("{} ({} -> {})", name, conversion.from, conversion.to));
  }
  if (auto found = find_route(conversions, from, to, fuse)) return *found;
  throw Error(msg::no_path, {{"file", file.name},
                             {"from", std::to_string(from)},
                             {"to", std::to_string(to)},
                             {"known", known.empty() ? "-" : fmt::format("{}", fmt::join(known, ", "))}});
}

Estimate Catalogue::estimate(const DataFile& file, int level, const Route& route) const {
  return estimate_route(file, data_->format(file.name, level), data_->parts(file.name, route));
}

std::vector<Dependent> Catalogue::dependents(const DataFile& file, int level) const {
  const auto& format = data_->format(file.name, level);
  if (format.kind == Kind::sqlite) return sqlite_kind::dependents(file, format);
  if (format.kind == Kind::records) return record_kind::dependents(file);
  return {};
}

std::string Catalogue::digest(const DataFile& file, const Route& route) const {
  Sha256 digest;
  for (const auto& pass : route) {
    // Where a pass begins decides what a checkpoint means.
    digest.update(fmt::format("{} {}", pass_name(pass.kind), pass.steps.size()));
    for (const auto& edge : data_->edges(file.name, pass.steps)) {
      for (const auto& origin : {edge.conversion->origin, edge.from->origin, edge.to->origin})
        digest.update(sha256_file(origin));
      if (edge.conversion->kind == PassKind::external)
        digest.update(sha256_file(edge.conversion->origin.parent_path() / "programs" / edge.conversion->program));
    }
  }
  return digest.hex();
}

void Catalogue::create(const DataFile& file, int level) const {
  const auto& format = data_->format(file.name, level);
  if (fs::exists(fs::symlink_status(file.path))) throw Error(msg::file_exists, {{"path", file.path.string()}});
  switch (format.kind) {
    case Kind::sqlite: return sqlite_kind::create(file.path, format);
    case Kind::config: return config_kind::create(file.path, format);
    case Kind::area: return area_kind::create(file.path, format);
    case Kind::records: return record_kind::create(file.path);
  }
}

std::optional<InPlaceChange> Catalogue::in_place(const Route& route) const {
  if (route.size() != 1 || route[0].kind != PassKind::in_place) return std::nullopt;
  const auto& conversion = data_->conversions.at(route[0].steps[0].conversion);
  return InPlaceChange{conversion.from, conversion.to, conversion.convert, conversion.revert, conversion.name};
}

Catalogue::Result Catalogue::convert(const DataFile& file, const Route& route, const fs::path& shadow,
                                     const Policy& policy, Supervisor& supervisor) const {
  const auto digest = this->digest(file, route);
  const auto edges = data_->edges(file.name, steps_of(route));
  if (edges.front().from->kind == Kind::records) refuse_dependents(file, record_kind::dependents(file), policy);
  Result result;
  if (in_place(route)) {
    durable::make_directories(shadow.parent_path(), 0700);
    result = sqlite_kind::rehearse_in_place({file, edges, file.path, shadow, shadow, digest, policy, supervisor});
  } else {
    result = convert_parts(file, data_->parts(file.name, route), shadow, digest, policy, supervisor);
  }
  result.steps = steps_of(route);
  return result;
}

Catalogue::Result Catalogue::refeed(const DataFile& file, int from, int to, const fs::path& rejects,
                                    const fs::path& shadow, const Policy& policy, Supervisor& supervisor) const {
  const auto way = route(file, from, to);
  auto result = refeed_file(file, data_->format(file.name, to), rejects, data_->parts(file.name, way), shadow,
                            digest(file, way), policy, supervisor);
  result.steps = steps_of(way);
  return result;
}

Catalogue::Carried Catalogue::carry_over(const DataFile& now, int level, const fs::path& then, const fs::path& older,
                                         const RowListener& tell) const {
  const auto& format = data_->format(now.name, level);
  if (format.kind == Kind::sqlite) return sqlite_kind::carry_over(now, format, then, older, tell);
  if (format.kind == Kind::config) return config_kind::carry_over(now, format, then, tell);
  constexpr std::size_t block_bytes = 1 << 20;
  Carried carried;
  carried.whole = file_digest(now.path, block_bytes) != file_digest(then, block_bytes);
  return carried;
}

}  // namespace dfi::migrations
