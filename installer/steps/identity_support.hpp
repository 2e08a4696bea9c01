// SPDX-License-Identifier: Apache-2.0
// Whether a file still is what it was when its conversion ended: by size, times, inode and device, which costs nothing;
// only if they differ by its digest.
#pragma once
#include "base/file.hpp"
#include "base/json.hpp"

namespace dfi::steps {

/// With digest, and with what waits in a -wal: committed work which the file itself does not show yet.
/// `ours`: nobody else could write to it up to now. `digest`: as the engine has made it of these very bytes; empty: it
/// is made here.
Json identity_of(const fs::path& path, bool ours = false, const std::string& digest = {});
bool is_unchanged(const Json& identity);
/// Who has the file open right now, in words; "-" if nobody.
std::string holders_of(const fs::path& path);

}  // namespace dfi::steps
