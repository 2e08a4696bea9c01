// SPDX-License-Identifier: Apache-2.0
// Making a PTF: the objects of a source directory that differ from a release, each with the digests it may replace.
#pragma once
#include "payloads/packer/source.hpp"

namespace dfi::packer {

/// Compares the objects of `source` with the product manifest inside the release `base` (read in place; signed by the
/// same `key`) and writes those that are new or differ in content, kind or mode. Returns the manifest.
/// Throws pack_ptf_object_deleted, pack_ptf_changes_product, pack_ptf_wrong_version, pack_ptf_empty.
Manifest write_ptf(const fs::path& base, const ReleaseSource& source, const PtfSpec& ptf, const fs::path& output,
                   const fs::path& key);

/// Corrected definitions for runs that stopped in a conversion of the release `base` (dfinstall resume --with-ptf):
/// those of `source` that are new or differ. Returns the manifest, of type definitions. Throws as write_ptf().
Manifest write_definitions(const fs::path& base, const ReleaseSource& source, const PtfSpec& ptf,
                           const fs::path& output, const fs::path& key);

}  // namespace dfi::packer
