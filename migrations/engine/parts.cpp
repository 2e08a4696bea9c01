// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/parts.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/durable.hpp"
#include "base/file.hpp"
#include "migrations/engine/file_digest.hpp"
#include "migrations/engine/part_result.hpp"
#include "migrations/engine/passing_on.hpp"
#include "migrations/engine/sqlite_file.hpp"

namespace dfi::migrations {
namespace {

/// Read and written as a whole: it has the size of something a person edits, or of a data area.
bool is_small(const Part& part) {
  const auto kind = part.edges.back().to->kind;
  return kind == Kind::config || kind == Kind::area;
}

enum class Family { records, sqlite, config, area, external };

Family family(PassKind kind) {
  switch (kind) {
    case PassKind::records:
    case PassKind::load: return Family::records;
    case PassKind::sqlite:
    case PassKind::fresh:
    case PassKind::in_place: return Family::sqlite;
    case PassKind::config: return Family::config;
    case PassKind::area: return Family::area;
    case PassKind::external: break;
  }
  return Family::external;
}

Family family(const Part& part) { return family(part.edges.front().conversion->kind); }

fs::path made_by(const fs::path& shadow, std::size_t part) {
  return fmt::format("{}.part{}", shadow.string(), part + 1);
}

Catalogue::Result convert_part(const Part& part, const Work& work) {
  switch (family(part)) {
    case Family::records: return record_kind::convert(work);
    case Family::sqlite: return sqlite_kind::convert(work);
    case Family::config: return config_kind::convert(work);
    case Family::area: return area_kind::convert(work);
    case Family::external: break;
  }
  return external_kind::convert(work);
}

/// The run's Supervisor as one part sees it: its checkpoint inside that of the whole file, its progress a share of it.
class PartSupervisor : public PassingOn {
 public:
  PartSupervisor(Supervisor& whole, Json frame, std::optional<Json> inner, std::size_t part, std::size_t parts)
      : PassingOn(whole), frame_(std::move(frame)), inner_(std::move(inner)), part_(part), parts_(parts) {}

  void progress(std::uint64_t done, std::uint64_t total, std::uint64_t rejected) override {
    whole_.progress(part_ * total + done, parts_ * total, rejected);
  }
  std::optional<Json> checkpoint() override { return inner_; }
  void save_checkpoint(const Json& inner) override {
    inner_.reset();
    if (!inner.is_null()) inner_ = inner;
    auto document = frame_;
    document["inner"] = inner;
    whole_.save_checkpoint(document);
  }

 private:
  Json frame_;
  std::optional<Json> inner_;
  std::size_t part_, parts_;
};

void add(Before& before, const Part& part, const fs::path& shadow, const Catalogue::Result& result) {
  const auto& first = part.edges.front();
  if (result.rejected > 0)
    before.reject_lines.push_back(rejects_beside(shadow, first.from->level, before).string() + ".jsonl");
  if (before.edges.empty()) before.records = result.rows_before;
  before.rejected += result.rejected;
  before.over_records = before.over_records && first.conversion->kind == PassKind::records;
  before.edges.insert(before.edges.end(), part.edges.begin(), part.edges.end());
}

/// Where an earlier try came to; part 0 and nothing inside if it is worth nothing.
struct Reached {
  std::size_t part = 0;
  std::optional<Json> inner;
  Json results = Json::array();
};

constexpr std::size_t digest_block_bytes = 1 << 20;

Reached reached(const fs::path& input, const fs::path& shadow, const std::string& digest, std::size_t parts,
                const Policy& policy, Supervisor& supervisor) {
  auto saved = supervisor.checkpoint();
  if (!saved || saved->value("digest", "") != digest) return {};
  Reached result;
  result.part = saved->value("part", std::size_t{0});
  if (result.part >= parts) return {};
  if (auto inner = saved->find("inner"); inner != saved->end() && !inner->is_null()) result.inner = *inner;
  result.results = saved->value("results", Json::array());
  if (result.part == 0) return result;
  // The rules of this try may be stricter than those of the one before: a pass from the start names what they refuse.
  std::uint64_t rejected = 0;
  for (const auto& each : result.results) rejected += result_of(each).rejected;
  const bool too_many =
      rejected > 0 && !policy.collect &&
      (policy.on_error == OnError::abort ||
       (policy.max_rejects && policy.max_rejects->reached(rejected, result_of(result.results.front()).rows_before)));
  if (too_many) return {};
  // Whole parts are behind us: what they read and what they made must be what it was.
  const auto made = made_by(shadow, result.part - 1);
  if (result.results.size() != result.part || !fs::exists(made) ||
      !has_digest(input, result.results.front().value("input_digest", "")) ||
      !has_digest(made, result.results.back().value("output_digest", "")))
    return {};
  return result;
}

/// Rejects of an earlier try, perhaps by another route.
void discard_rejects(const fs::path& shadow) {
  const auto prefix = shadow.filename().string() + ".";
  for (const auto& entry : walk(shadow.parent_path())) {
    const auto name = entry.path.string();
    if (name.rfind(prefix, 0) == 0 && name.find(".rejects", prefix.size() - 1) != std::string::npos)
      durable::remove(shadow.parent_path() / entry.path);
  }
}

void discard(const fs::path& shadow, std::size_t parts) {
  for (std::size_t i = 0; i < parts; ++i) discard_database(made_by(shadow, i));
}

}  // namespace

void add_to_parts(std::vector<Part>& parts, Edges edges) {
  const auto kind = family(edges.front().conversion->kind);
  const bool joins = kind == Family::sqlite || kind == Family::config || kind == Family::area;
  if (joins && !parts.empty() && family(parts.back()) == kind)
    parts.back().edges.insert(parts.back().edges.end(), edges.begin(), edges.end());
  else
    parts.push_back({std::move(edges)});
}

fs::path rejects_beside(const fs::path& shadow, int level, const Before& before) {
  return shadow.string() + (before.edges.empty() ? "" : fmt::format(".{}", level)) + ".rejects";
}

Catalogue::Result convert_parts(const DataFile& file, const std::vector<Part>& parts, const fs::path& shadow,
                                const std::string& digest, const Policy& policy, Supervisor& supervisor) {
  durable::make_directories(shadow.parent_path(), 0700);
  auto start = reached(file.path, shadow, digest, parts.size(), policy, supervisor);
  if (start.part == 0 && !start.inner) {
    discard(shadow, parts.size());
    discard_rejects(shadow);
  }
  Catalogue::Result whole;
  whole.bytes_before = fs::file_size(file.path);
  Before before;
  for (std::size_t i = 0; i < start.part; ++i) {
    auto result = result_of(start.results[i]);
    add(before, parts[i], shadow, result);
    add(whole, std::move(result), i);
  }
  for (std::size_t i = start.part; i < parts.size(); ++i) {
    const fs::path input = i == 0 ? file.path : made_by(shadow, i - 1);
    const fs::path output = i + 1 == parts.size() ? shadow : made_by(shadow, i);
    const Json frame{{"digest", digest}, {"part", i}, {"results", start.results}};
    PartSupervisor inside(supervisor, frame, i == start.part ? start.inner : std::nullopt, i, parts.size());
    // With several parts: whole ones are checkpoints, too.
    if (i > 0 && i != start.part) inside.save_checkpoint(nullptr);
    if (i > 1) discard_database(made_by(shadow, i - 2));
    // Kinds that read a small file at once leave it to us.
    const auto small = is_small(parts[i]) ? file_digest(input, digest_block_bytes) : "";
    auto result = convert_part(parts[i], {file, parts[i].edges, input, output, shadow, digest, policy, inside, before});
    if (result.input_digest.empty()) result.input_digest = small;
    if (result.output_digest.empty()) result.output_digest = file_digest(output, digest_block_bytes);
    start.results.push_back(to_json(result));
    add(before, parts[i], shadow, result);
    add(whole, std::move(result), i);
  }
  discard(shadow, parts.size());
  durable::copy_attributes(file.path, shadow);
  durable::sync_file(shadow);
  whole.bytes_after = fs::file_size(shadow);
  return whole;
}

}  // namespace dfi::migrations
