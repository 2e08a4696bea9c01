// SPDX-License-Identifier: Apache-2.0
// Data areas: a fixed number of bytes, told apart by their length alone.
#include <fmt/core.h>

#include <algorithm>

#include "base/durable.hpp"
#include "base/file.hpp"
#include "messages/conversion.hpp"
#include "messages/reason.hpp"
#include "migrations/engine/kinds.hpp"

namespace dfi::migrations::area_kind {

int level_of(const DataFile& file, const Formats& formats) {
  std::error_code error;
  auto size = fs::file_size(file.path, error);
  if (error) throw os_error("read", file.path, error.value());
  auto fits = [&](const Format* format) { return format->length == size; };
  auto found = std::find_if(formats.begin(), formats.end(), fits);
  const Args bytes{{"bytes", std::to_string(size)}};
  if (found == formats.end()) throw level_unknown(file, formats, {{msg::level_of_other_length, bytes}});
  if (std::count_if(formats.begin(), formats.end(), fits) > 1)
    throw level_unknown(file, formats, {{msg::level_of_same_length, bytes}});
  return (*found)->level;
}

void create(const fs::path& path, const Format& format) {
  durable::write_file(path, std::string(static_cast<std::size_t>(format.length), format.fill), 0640);
}

namespace {

// Into the code page of the next level, character by character.
void convert_text(std::string& bytes, const Edge& edge, const DataFile& file) {
  if (edge.from->ccsid == edge.to->ccsid) return;
  const auto* from = records::find_code_page(edge.from->ccsid);
  const auto* to = records::find_code_page(edge.to->ccsid);
  if (!from || !to) return;  // bytes on one side: carried as they are
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int byte = to->find(from->to_unicode[static_cast<unsigned char>(bytes[i])]);
    if (byte < 0)
      throw conversion_failed(*edge.conversion, file,
                              Reasons{{msg::area_no_character,
                                       {{"position", std::to_string(i + 1)},
                                        {"hex", fmt::format("{:02X}", static_cast<unsigned char>(bytes[i]))},
                                        {"ccsid", std::to_string(edge.to->ccsid)}}}});
    bytes[i] = static_cast<char>(byte);
  }
}

}  // namespace

Catalogue::Result convert(const Work& work) {
  auto bytes = read_file(work.input);
  Catalogue::Result result;
  for (const auto& edge : work.edges) {
    auto length = static_cast<std::size_t>(edge.to->length);
    auto lost = bytes.find_last_not_of(edge.from->fill);
    if (lost != std::string::npos && lost >= length)
      throw conversion_failed(
          *edge.conversion, work.file,
          Reasons{{msg::area_in_use, {{"position", std::to_string(lost + 1)}, {"length", std::to_string(length)}}}});
    bytes.resize(std::min(bytes.size(), length));
    convert_text(bytes, edge, work.file);
    bytes.resize(length, edge.to->fill);
  }
  durable::write_file(work.output, bytes, 0600);
  result.rows_before = result.rows_after = 1;
  return result;
}

}  // namespace dfi::migrations::area_kind
