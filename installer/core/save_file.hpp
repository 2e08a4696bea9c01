// SPDX-License-Identifier: Apache-2.0
// Save files (*.SAVF): tar + zstd with manifest.json and manifest.json.sig first, then the objects the manifest names.
// No byte of an object is used before the manifest's signature was checked, none is kept whose digest differs.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/archive.hpp"
#include "base/signature.hpp"
#include "core/manifest.hpp"

namespace dfi {

class SaveFile {
 public:
  /// Reads the manifest and checks its signature. `keys` null: a save file made on this host (saved objects), no
  /// signature expected. Throws text_mode_damage (recognised before anything is parsed), not_a_save_file,
  /// signature_missing, foreign_key, signature_wrong.
  static SaveFile open(const fs::path& path, const TrustedKeys* keys);
  /// In place, out of a release.
  static SaveFile open(std::unique_ptr<ByteSource> source, const TrustedKeys* keys);

  const Manifest& manifest() const { return manifest_; }

  /// Writes every object below `target` (a fresh directory on the file system where it will stay) and checks size and
  /// digest of each; not yet synced. `wanted` chooses objects, null = all. Throws object_damaged, member_missing.
  void unpack(const fs::path& target, const std::function<bool(const Object&)>& wanted = nullptr);
  /// The same checks, nothing written.
  void verify();

 private:
  using Use = std::function<void(const Object&, std::string_view bytes, bool last)>;
  void read_objects(const Use& use);
  SaveFile(std::unique_ptr<TarReader> reader, Manifest manifest)
      : reader_(std::move(reader)), manifest_(std::move(manifest)) {}
  std::unique_ptr<TarReader> reader_;
  Manifest manifest_;
};

/// Writes a save file: `manifest.objects` in their order, content from `source(object)`; sizes and digests are filled
/// in from the files. `private_key` empty: unsigned. Same input, same bytes. Returns the manifest as written.
Manifest write_save_file(const fs::path& path, Manifest manifest, const std::function<fs::path(const Object&)>& source,
                         const fs::path& private_key, int zstd_level);

}  // namespace dfi
