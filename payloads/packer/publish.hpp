// SPDX-License-Identifier: Apache-2.0
// A static repository: the files of a directory plus index.json and index.json.sig. Any HTTPS server can offer it.
#pragma once
#include "base/file.hpp"
#include "base/json.hpp"

namespace dfi::packer {

/// Checks every *.zip and *.SAVF of the directory (signed by this `key`, undamaged, each release and PTF once), then
/// writes the index and its signature. Save files of other types are not listed. Returns the index.
Json publish(const fs::path& directory, const fs::path& key);

}  // namespace dfi::packer
