// SPDX-License-Identifier: Apache-2.0
// Records and rows as text that people write and compare: a line for each value, "NAME value", an empty line between
// two of them, "[TABLE]" before a row. What is no printable UTF-8 stands as X'AA40', line ends as \r and \n.
#pragma once
#include "tests/history/facts.hpp"

namespace dfi::history {

std::vector<Row> read_rows(const std::string& text);
std::string write_rows(const std::vector<Row>& rows);
/// "AA40" → its bytes. Throws std::invalid_argument.
std::string bytes_of_hex(const std::string& hex);

}  // namespace dfi::history
