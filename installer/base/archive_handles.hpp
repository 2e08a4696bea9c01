// SPDX-License-Identifier: Apache-2.0
// What the libarchive .cpp files of this folder share; included nowhere else.
#pragma once
#include <archive.h>
#include <archive_entry.h>

#include "base/archive.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"

namespace dfi::detail {

using ReadArchive = Handle<archive, archive_read_free>;
using WriteArchive = Handle<archive, archive_write_free>;
using EntryHandle = Handle<archive_entry, archive_entry_free>;

[[nodiscard]] Error damaged(archive* handle, const std::string& name);
/// ARCHIVE_WARN counts as an error: a half understood entry is not understood.
void check(int result, archive* handle, const std::string& name);
/// Copies a whole regular file into the current entry; returns its SHA-256.
std::string stream_file(archive* handle, const fs::path& source, std::uintmax_t size, const std::string& name);

}  // namespace dfi::detail
