// SPDX-License-Identifier: Apache-2.0
// A SQLite database as it is at one moment, in memory: to change it before anybody sees it, and without a file.
#pragma once
#include <string>

#include "base/database.hpp"

namespace dfi {

/// A consistent copy by SQLite's backup interface, also while others write, also from a full or read-only disk. Throws
/// Error database_failed.
SQLite::Database database_in_memory(const std::filesystem::path& path);
/// The bytes of a database file with this content; nothing that was deleted or overwritten is in them.
std::string database_image(SQLite::Database& database);

}  // namespace dfi
