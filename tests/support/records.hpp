// SPDX-License-Identifier: Apache-2.0
// Two more data files for the test product: DEMORECS, record files in EBCDIC (level 1) and UTF-8 (level 2), and
// DEMOTAGS, a SQLite file whose change to level 2 is made in place. For tests that need them; the product of all others
// is smaller.
#pragma once
#include <set>

#include "tests/support/product.hpp"

namespace dfi::test {

constexpr std::size_t old_length = 24, new_length = 48;

/// Adds both to the sources of 1.00 and 1.10; before the first release is packed.
void add_records(Host& host);
/// 1.10 has a data file that 1.00 has not, as its first one: DEMONEW. Before 1.10 is packed.
void add_new_file(Host& host);
/// After add_records(): 1.10 brings DEMORECS into a SQLite file (level 3), its record step fused in before.
void make_tables_of_records(Host& host);
/// Record `number` (from 1 on) of level 1; a bad one has an "A" among the digits of its sum.
std::string old_record(std::uint32_t number, bool bad = false);
/// Fills DEMORECS of an installed 1.00.
void fill_records(const Host& host, std::uint32_t count, const std::set<std::uint32_t>& bad = {});
/// Overwrites one record.
void put_record(const fs::path& file, std::uint32_t place, const std::string& record);
/// The numbers (key fields) of the first `count` records of DEMORECS at level 2 from record `from` on.
std::string numbers_of(const Host& host, std::uint32_t from, std::uint32_t count);

}  // namespace dfi::test
