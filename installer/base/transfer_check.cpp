// SPDX-License-Identifier: Apache-2.0
#include "base/transfer_check.hpp"

#include "base/archive.hpp"

namespace dfi {
namespace {
using namespace std::string_view_literals;
constexpr auto words = "dfinstall transfer check"sv;
constexpr auto marker = "dfinstall transfer check\r\n\n\r\x1a\r\n\n\x01"sv;
}  // namespace

std::string_view transfer_marker() { return marker; }

std::string transfer_frame() {
  std::string frame("\x50\x2a\x4d\x18", 4);  // RFC 8878 §3.1.2: skippable frame, then its length, little endian
  frame += static_cast<char>(marker.size());
  frame.append(3, '\0');
  return frame.append(marker);
}

Transfer check_transfer(const std::filesystem::path& path) {
  auto source = open_file_source(path);
  std::string head(512, '\0');
  head.resize(source->read(head.data(), head.size()));
  if (head.find(marker) != std::string::npos) return Transfer::intact;
  return head.find(words) == std::string::npos ? Transfer::not_marked : Transfer::text_mode;
}

}  // namespace dfi
