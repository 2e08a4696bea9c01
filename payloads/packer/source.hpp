// SPDX-License-Identifier: Apache-2.0
// The directory a release engineer keeps for one release: product.toml, objects/ (the product tree) and definitions/
// (formats and conversions). Reading is strict: a key that is missing, unknown or of the wrong kind is named with its
// line, a file without a rule with its path. Nothing here writes. Keys: payloads/packer/README.md.
#pragma once
#include <string>
#include <vector>

#include "base/file.hpp"
#include "core/save_file.hpp"

namespace dfi::packer {

/// Kind and mode of the objects whose path fits `glob` ('*' also passes '/'); the first rule that fits counts.
struct ObjectRule {
  std::string glob, kind;
  mode_t mode = 0644;
};

/// product.toml.
struct ProductFile {
  fs::path path;
  std::string product, version, released, min_dfinstall, platform;
  int ptf_level = 0;
  ProductSpec spec;
  std::vector<ObjectRule> rules;
};

struct ReleaseSource {
  fs::path directory;
  ProductFile file;
  std::vector<Object> objects, definitions;  // path, kind, mode; sorted by path

  fs::path object_path(const Object& object) const { return directory / "objects" / object.path; }
  fs::path definition_path(const Object& object) const { return directory / "definitions" / object.path; }
  /// A manifest of the given type, without objects.
  Manifest manifest(std::string save_file, std::string type) const;
};

ProductFile read_product_file(const fs::path& path);
/// ptf.toml: id, aliases, applies_to, title.
PtfSpec read_ptf_file(const fs::path& path);
/// "FAXSTAT 4" of a format definition: what it is for. Its content is the migration engine's to judge.
std::string read_format_name(const fs::path& path);
ReleaseSource read_source(const fs::path& directory);

}  // namespace dfi::packer
