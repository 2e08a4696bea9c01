// SPDX-License-Identifier: Apache-2.0
// Data files of every kind from values by name, for the generator and for the samples of conversions.
#pragma once
#include "migrations/engine/definition.hpp"
#include "tests/history/facts.hpp"

namespace dfi::history {

namespace fs = std::filesystem;

migrations::Format format_of(const std::string& file, int level);
/// One record; a value whose field the level does not have is left out. Bytes (CCSID 65535) are taken as they are.
std::string record_of(const records::RecordFormat& format, const Values& values);
/// Adds rows to a data file of kind sqlite. Tables and columns it does not have are left out; a column that must have a
/// value gets 0 or an empty text.
void add_rows(const fs::path& path, const std::vector<Row>& rows);
/// Number of records and the place of one.
std::size_t record_total(const fs::path& path, const records::RecordFormat& format);
void patch(const fs::path& path, std::size_t offset, const std::string& bytes);

}  // namespace dfi::history
