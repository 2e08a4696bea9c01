// SPDX-License-Identifier: Apache-2.0
// Data areas: a fixed number of bytes, told apart by their length alone.
#include <fmt/core.h>

#include <algorithm>

#include "base/durable.hpp"
#include "base/file.hpp"
#include "messages/conversion.hpp"
#include "migrations/engine/kinds.hpp"

namespace dfi::migrations::area_kind {

int level_of(const DataFile& file, const Formats& formats) {
  std::error_code error;
  auto size = fs::file_size(file.path, error);
  if (error) throw os_error("read", file.path, error.value());
  auto fits = [&](const Format* format) { return format->length == size; };
  auto found = std::find_if(formats.begin(), formats.end(), fits);
  if (found == formats.end()) throw level_unknown(file, formats, fmt::format("no level is {} bytes long", size));
  if (std::count_if(formats.begin(), formats.end(), fits) > 1)
    throw level_unknown(file, formats, fmt::format("several levels are {} bytes long", size));
  return (*found)->level;
}

void create(const fs::path& path, const Format& format) {
  durable::write_file(path, std::string(static_cast<std::size_t>(format.length), format.fill), 0640);
}

Catalogue::Result convert(const DataFile& file, const Edges& edges, const fs::path& shadow) {
  auto bytes = read_file(file.path);
  for (const auto& edge : edges) {
    auto length = static_cast<std::size_t>(edge.to->length);
    auto lost = bytes.find_last_not_of(edge.from->fill);
    if (lost != std::string::npos && lost >= length)
      throw Error(msg::conversion_failed,
                  {{"conversion", edge.conversion->name},
                   {"file", file.name},
                   {"path", file.path.string()},
                   {"reason", fmt::format("position {} is in use, but the new area ends at {}", lost + 1, length)}});
    bytes.resize(length, edge.to->fill);
  }
  durable::write_file(shadow, bytes, 0600);
  durable::copy_attributes(file.path, shadow);
  durable::sync_file(shadow);
  Catalogue::Result result;
  result.rows_before = result.rows_after = 1;
  return result;
}

}  // namespace dfi::migrations::area_kind
