// SPDX-License-Identifier: Apache-2.0
// Making a release ZIP of a source directory, and reading one back before something is built on it or published.
// Same source, same key: same bytes. A file appears under its name only when it is complete.
#pragma once
#include "payloads/packer/source.hpp"

namespace dfi::packer {

inline constexpr int zstd_level = 10;

struct ReleaseMade {
  ReleaseDocument document;
  std::size_t objects = 0, definitions = 0;
};

/// Signs with `key`; `ptf`, if not empty, is put in as TMSHOTPTF.SAVF and must be a PTF for this version.
ReleaseMade write_release(const ReleaseSource& source, const fs::path& output, const fs::path& key,
                          const fs::path& ptf = {});

/// A release whose release.json is signed by one of `keys`.
struct ReleaseFile {
  fs::path path;
  ZipReader zip;
  ReleaseDocument document;
};
/// Throws text_mode_damage, not_a_release, archive_truncated, signature_missing, foreign_key, signature_wrong.
ReleaseFile open_release(const fs::path& path, const TrustedKeys& keys);
/// Reads every save file of it; throws member_missing, wrong_size, digest_wrong.
void check_save_files(const ReleaseFile& release);

/// The manifest of a PTF save file. Throws pack_not_a_ptf and what SaveFile::open throws.
Manifest read_ptf_manifest(const fs::path& path, const TrustedKeys& keys);
/// "5.92, 5.92a"
std::string joined(const std::vector<std::string>& values);

}  // namespace dfi::packer
