// SPDX-License-Identifier: Apache-2.0
// The input of scripts/bench conversions: entries of a fax queue that depend on nothing but their number.
#pragma once
#include <cstdint>
#include <filesystem>

namespace bench {

/// Writes `count` records of BENCHKA.7 (200 bytes, CCSID 273): 78 % with an umlaut in the name, 43 % in the subject.
void write_records(std::uint64_t count, const std::filesystem::path& path);

/// The same entries as rows of BENCHST.1, in the existing empty file at `path`.
void fill_table(std::uint64_t count, const std::filesystem::path& path);

}  // namespace bench
