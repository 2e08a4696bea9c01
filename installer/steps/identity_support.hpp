// SPDX-License-Identifier: Apache-2.0
// Whether a file still is what it was when its conversion ended: by size, times, inode and device, which costs nothing;
// only if they differ by its digest.
#pragma once
#include "base/file.hpp"
#include "base/json.hpp"

namespace dfi::steps {

/// Of a file that only we write to. `digest`: as the engine has made it; empty: it is made here.
Json identity_of(const fs::path& path, const std::string& digest = {});
/// Of a file that a conversion has read: `before` this was its file_state(), `digest` is that of the bytes which were
/// read. Throws changed_meanwhile if somebody wrote to it since: what he wrote is not in the result.
Json identity_read(const fs::path& path, const Json& before, const std::string& digest);
/// There was no such file.
Json identity_absent(const fs::path& path);
bool is_unchanged(const Json& identity);
/// Who has the file open right now, in words; "-" if nobody.
std::string holders_of(const fs::path& path);

}  // namespace dfi::steps
