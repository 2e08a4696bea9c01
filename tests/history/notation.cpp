// SPDX-License-Identifier: Apache-2.0
#include "tests/history/notation.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace dfi::history {
namespace {

bool printable(const std::string& value) {
  int follow = 0;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (follow > 0) {
      if ((byte & 0xc0) != 0x80) return false;
      --follow;
    } else if (byte >= 0x80) {
      follow = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : byte >= 0xc2 ? 1 : -1;
      if (follow < 0) return false;
    } else if (byte < 0x20 && c != '\r' && c != '\n') {
      return false;
    }
  }
  return follow == 0;
}

std::string shown(const std::string& value) {
  std::string result;
  if (!printable(value)) {
    result = "X'";
    for (const char c : value) result += fmt::format("{:02X}", static_cast<unsigned char>(c));
    return result + "'";
  }
  for (const char c : value) result += c == '\r' ? "\\r" : c == '\n' ? "\\n" : c == '\\' ? "\\\\" : std::string(1, c);
  return result;
}

std::string meant(const std::string& text) {
  if (text.rfind("X'", 0) == 0 && text.size() > 2) return bytes_of_hex(text.substr(2, text.size() - 3));
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      result += text[i];
      continue;
    }
    ++i;
    result += text[i] == 'r' ? '\r' : text[i] == 'n' ? '\n' : text[i];
  }
  return result;
}

}  // namespace

std::string bytes_of_hex(const std::string& hex) {
  if (hex.size() % 2 != 0) throw std::invalid_argument(hex);
  std::string result;
  for (std::size_t i = 0; i < hex.size(); i += 2) result += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return result;
}

std::vector<Row> read_rows(const std::string& text) {
  std::vector<Row> rows;
  std::istringstream lines(text);
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') {
      inside = inside && !line.empty();
      continue;
    }
    if (!inside) rows.emplace_back();
    inside = true;
    if (line.front() == '[') {
      rows.back().table = line.substr(1, line.find(']') - 1);
      continue;
    }
    const auto end = line.find(' ');
    rows.back().values.emplace_back(line.substr(0, end), end == std::string::npos ? "" : meant(line.substr(end + 1)));
  }
  return rows;
}

std::string write_rows(const std::vector<Row>& rows) {
  std::string text;
  for (const auto& row : rows) {
    if (!text.empty()) text += "\n";
    if (!row.table.empty()) text += "[" + row.table + "]\n";
    for (const auto& [name, value] : row.values) text += name + (value.empty() ? "" : " " + shown(value)) + "\n";
  }
  return text;
}

}  // namespace dfi::history
