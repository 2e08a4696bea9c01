// SPDX-License-Identifier: Apache-2.0
// The files that SQLite keeps beside a database, named after it.
#pragma once

namespace dfi {

constexpr const char* companion_suffixes[] = {"-wal", "-shm", "-journal"};
/// The database itself, too.
constexpr const char* suffixes_with_companions[] = {"", "-wal", "-shm", "-journal"};

}  // namespace dfi
