// SPDX-License-Identifier: Apache-2.0
// What a data file looks like from outside: equal states, nobody wrote to it in between.
#pragma once
#include <filesystem>

#include "base/json.hpp"

namespace dfi {

/// Size, times, inode, and what waits in a -wal: its size and time, because a WAL is used again from its beginning and
/// does not grow then. Not the device, which may have another number after a restart. Throws os_error.
Json file_state(const std::filesystem::path& path);

}  // namespace dfi
