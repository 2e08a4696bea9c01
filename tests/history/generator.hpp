// SPDX-License-Identifier: Apache-2.0
// Writes the data directory of a version, the same bytes for the same wish.
#pragma once
#include "migrations/engine/engine.hpp"
#include "tests/history/versions.hpp"

namespace dfi::history {

struct Wish {
  unsigned records = 100;
  std::uint64_t seed = 1;
  bool dirt = false;  // bad records, as twenty years leave them
};

/// A bad record: what a conversion must refuse. Of a data file of rows `field` is a column.
struct Dirt {
  std::string file, field, what;
  std::uint64_t record = 0;  // from 1 on
};

/// Writes every data file of `version` as DIRECTORY/NAME (FAXMAILC too). Existing files are an error.
std::vector<Dirt> write_data(const migrations::Catalogue& catalogue, const Version& version, const Wish& wish,
                             const fs::path& directory);

}  // namespace dfi::history
