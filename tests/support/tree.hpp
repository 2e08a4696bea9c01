// SPDX-License-Identifier: Apache-2.0
// What a tree holds, so that two states can be compared: by path, kind, mode, owner, extended attributes and content;
// a further name of a file is told as that. SQLite files count by their logical content (a copy page by page may differ
// and mean the same), generations without names and times.
#pragma once
#include <filesystem>
#include <map>
#include <string>

namespace dfi::test {

namespace fs = std::filesystem;
using Tree = std::map<std::string, std::string>;

/// Everything below `directory`; dfinstall's own directories and the companions of SQLite files are left out.
Tree tree_of(const fs::path& directory);
/// The active product tree with its PTF stack, data, configuration, and the saved objects beside the product.
Tree product_state(const fs::path& root, const std::string& product);
/// Version, schema and all rows of a SQLite file as text.
std::string dump(const fs::path& database);
/// One line for each difference; empty if there is none.
std::string difference(const Tree& expected, const Tree& found);
/// What a finished run must not leave behind: shadows, staging, temporary files, a gate. One line each.
std::string left_overs(const fs::path& root, const std::string& product);

}  // namespace dfi::test
