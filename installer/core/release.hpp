// SPDX-License-Identifier: Apache-2.0
// A received release: a ZIP, or a directory with the loose save files (features 50–54, 56–59).
#pragma once
#include <filesystem>
#include <functional>
#include <string>

#include "base/signature.hpp"
#include "core/manifest.hpp"
#include "core/save_file.hpp"

namespace dfi {

constexpr auto product_save_file = "TMSSAVF1.SAVF";
constexpr auto formats_save_file = "TMSSAVF2.SAVF";
constexpr auto ptf_save_file = "TMSHOTPTF.SAVF";

class Release {
 public:
  /// Checks, in this order: text-mode damage, structure, signature of release.json, members, product, version of
  /// dfinstall, platform. Save files are not read yet. A directory without release.json takes its facts from the signed
  /// manifests of its save files. `product` empty: any.
  static Release open(const fs::path& path, const TrustedKeys& keys, const std::string& product);

  const fs::path& path() const { return path_; }
  const ReleaseDocument& document() const { return document_; }
  bool has(const std::string& save_file) const;

  /// Reads every save file wholly: size and digest against release.json, or every object against its manifest.
  /// Throws release_truncated, wrong_size, digest_wrong, object_damaged.
  void verify(const std::function<void(std::uint64_t, std::uint64_t)>& progress) const;
  /// Opens one save file in place.
  SaveFile save_file(const std::string& name) const;

 private:
  Release() = default;
  std::unique_ptr<ByteSource> open_member(const std::string& name) const;
  void read_zip(const std::string& product);
  void read_directory(const std::string& product);

  fs::path path_;
  TrustedKeys keys_;
  ReleaseDocument document_;
  bool is_directory_ = false;
  bool loose_ = false;  // no release.json
};

}  // namespace dfi
