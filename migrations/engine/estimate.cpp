// SPDX-License-Identifier: Apache-2.0
// What a conversion needs, before anything is touched.
#include <algorithm>

#include "migrations/engine/parts.hpp"

namespace dfi::migrations {
namespace {

std::uintmax_t size_of(const fs::path& path) {
  std::error_code none;
  const auto size = fs::file_size(path, none);
  return none ? 0 : size;
}

/// Size of what one conversion makes of `bytes`. Exact for record files; a database is as large as what it was, one
/// that is loaded half as large again (measured: row and page overhead beside the shorter numbers).
std::uintmax_t made_of(const Edge& edge, std::uint64_t records, std::uintmax_t bytes) {
  if (edge.to->kind == Kind::records) return records * edge.to->record->length;
  if (edge.to->kind == Kind::area) return edge.to->length;
  if (edge.to->kind == Kind::sqlite && edge.from->kind == Kind::records) return bytes + bytes / 2 + 65536;
  return bytes + 65536;
}

}  // namespace

Estimate estimate_route(const DataFile& file, const Format& format, const Edges& edges) {
  Estimate estimate;
  estimate.bytes_in = size_of(file.path) + size_of(file.path.string() + "-wal");
  if (format.kind == Kind::records) estimate.records = size_of(file.path) / format.record->length;
  if (format.kind == Kind::sqlite) estimate.records = sqlite_kind::count_rows(file.path, format);
  estimate.bytes_out = estimate.bytes_in;
  if (edges.empty()) return estimate;
  estimate.exact = std::all_of(edges.begin(), edges.end(),
                               [](const auto& edge) { return edge.conversion->kind == PassKind::records; });
  // Record steps behind each other are one pass: only what the last one makes is written.
  std::uintmax_t bytes = estimate.bytes_in, before = 0;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const auto kind = edges[i].conversion->kind;
    const bool goes_on =
        kind == PassKind::records && i + 1 < edges.size() &&
        (edges[i + 1].conversion->kind == PassKind::records || edges[i + 1].conversion->kind == PassKind::load);
    bytes = made_of(edges[i], estimate.records, bytes);
    if (goes_on) continue;
    // Measured: a table rewritten in a copy needs the copy's size again while it is being rewritten.
    const auto working = kind == PassKind::sqlite || kind == PassKind::in_place ? 2 * bytes : bytes;
    estimate.space = std::max(estimate.space, before + working);
    before = bytes;
  }
  estimate.bytes_out = bytes;
  return estimate;
}

}  // namespace dfi::migrations
