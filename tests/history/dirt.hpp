// SPDX-License-Identifier: Apache-2.0
// What twenty years leave in a data file: bytes that are no number, days that no calendar knows, unknown codes,
// characters the next code page does not have, a record that is there twice.
#pragma once
#include "tests/history/files.hpp"
#include "tests/history/generator.hpp"

namespace dfi::history {

/// Spoils a few records of this file, if its format has something to spoil.
std::vector<Dirt> add_dirt(const fs::path& path, const migrations::Format& format);

}  // namespace dfi::history
