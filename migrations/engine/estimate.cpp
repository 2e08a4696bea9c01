// SPDX-License-Identifier: Apache-2.0
// What a conversion needs, before anything is touched.
#include <algorithm>

#include "migrations/engine/parts.hpp"

namespace dfi::migrations {
namespace {

/// Size of what one conversion makes of `bytes`. Exact for record files; a database is as large as what it was, one
/// that is loaded half as large again (measured: row and page overhead beside the shorter numbers).
std::uintmax_t made_of(const Edge& edge, std::uint64_t records, std::uintmax_t bytes) {
  if (edge.to->kind == Kind::records) return records * edge.to->record->length;
  if (edge.to->kind == Kind::area) return edge.to->length;
  if (edge.conversion->kind == PassKind::in_place) return bytes;
  if (edge.to->kind == Kind::sqlite && edge.from->kind == Kind::records) return bytes + bytes / 2 + 65536;
  return bytes + 65536;
}

}  // namespace

std::uintmax_t size_of(const fs::path& path) {
  std::error_code none;
  const auto size = fs::file_size(path, none);
  return none ? 0 : size;
}

Estimate estimate_route(const DataFile& file, const Format& format, const std::vector<Part>& parts) {
  Estimate estimate;
  estimate.bytes_in = size_of(file.path) + size_of(file.path.string() + "-wal");
  if (format.kind == Kind::records) estimate.records = size_of(file.path) / format.record->length;
  if (format.kind == Kind::sqlite) estimate.records = sqlite_kind::count_rows(file.path, format);
  estimate.bytes_out = estimate.bytes_in;
  if (parts.empty()) return estimate;
  estimate.exact = true;
  // What a part reads and what it writes are there together; what was before is gone.
  std::uintmax_t bytes = estimate.bytes_in, read = 0;
  for (const auto& part : parts) {
    std::uintmax_t sorting = 0, before = 0, written = 0;
    for (const auto& edge : part.edges) {
      const auto kind = edge.conversion->kind;
      bytes = made_of(edge, estimate.records, bytes);
      estimate.exact &= kind == PassKind::records;
      // A number of 8 bytes for each key and each record, should the keys be out of order.
      if (!edge.conversion->step.unique.empty()) sorting += 16 * estimate.records;
      // Measured: a table rewritten in a copy needs the copy's size again, and the file stays so large.
      const bool copies = kind == PassKind::sqlite || kind == PassKind::in_place;
      const auto made = copies ? 2 * bytes : bytes;
      // Each step of SQL reads what the one before made; fused steps are written once.
      written = copies || kind == PassKind::fresh ? std::max(written, before + made) : made;
      before = made;
    }
    estimate.space = std::max(estimate.space, read + written + sorting);
    read = bytes;
  }
  estimate.bytes_out = bytes;
  return estimate;
}

}  // namespace dfi::migrations
