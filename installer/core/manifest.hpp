// SPDX-License-Identifier: Apache-2.0
// What the vendor says and signs: release.json (the release as a whole) and manifest.json (first entry of each save
// file: its objects). Formats: payloads/packer/README.md. Everything product-specific comes from here.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "core/version.hpp"
#include "system/system.hpp"

namespace dfi {

/// One delivered file.
struct Object {
  std::string path;  // relative, '/' as separator, no "." or ".." parts
  std::string kind;  // program message-file graphic unit capability text format conversion converter
  mode_t mode = 0644;
  std::uintmax_t size = 0;
  std::string sha256;
  // PTFs only: digests of the objects it may replace; "absent" = the object is new. Empty in releases.
  std::vector<std::string> replaces;

  Json to_json() const;
  static Object from_json(const Json& json);
};

/// A data file as a release knows it.
struct DataFileSpec {
  std::string name;   // "FAXSTAT"
  std::string kind;   // sqlite config area records
  std::string path;   // relative to the root: "var/opt/directfax/FAXSTAT"
  int level = 0;      // format level this release works with
  bool gates = true;  // open = no update (feature 90)

  Json to_json() const;
  static DataFileSpec from_json(const Json& json);
};

/// What the installer must know of a product beyond its objects; part of the product save file's manifest.
struct ProductSpec {
  std::string title;
  std::vector<DataFileSpec> data_files;
  std::vector<Service> services;          // command with {product} and {root} still in
  std::vector<std::string> job_patterns;  // process names of the product's jobs (feature 81)
  std::vector<std::string> selftest;      // command; exit 0 = healthy; may be empty
  std::vector<std::string> directories;   // further directories below the root: "srv/toolmaker"
  std::string user;                       // owns the data on a host whose services run under it; empty = root
  std::string save_product = "SAVPRODUCT", save_data = "SAVDATA";  // names of the two archives of a backup

  Json to_json() const;
  static ProductSpec from_json(const Json& json);
};

struct PtfSpec {
  std::string id;                       // "HOTPTF20200811"
  std::vector<std::string> aliases;     // other spellings (feature 136)
  std::vector<std::string> applies_to;  // versions
  std::string title_en, title_de;

  Json to_json() const;
  static PtfSpec from_json(const Json& json);
};

/// manifest.json of a save file.
struct Manifest {
  std::string save_file;  // "TMSSAVF1.SAVF"
  std::string type;       // product formats ptf saved backup
  std::string product, version, min_dfinstall, platform;
  int ptf_level = 0;
  std::vector<Object> objects;
  std::vector<std::string> absent;  // type saved: paths which did not exist before the PTF
  std::optional<ProductSpec> spec;  // type product
  std::optional<PtfSpec> ptf;       // types ptf and saved

  Json to_json() const;
  /// Throws Error json_malformed or manifest_unsafe (a path that leaves the tree, or stands twice).
  static Manifest from_text(std::string_view text, const std::string& origin);
};

/// release.json of a release.
struct ReleaseDocument {
  struct SaveFileRef {
    std::string name, sha256;
    std::uintmax_t size = 0;
  };
  std::string product, version, min_dfinstall, platform, released;
  int ptf_level = 0;
  std::vector<SaveFileRef> save_files;

  Json to_json() const;
  static ReleaseDocument from_text(std::string_view text, const std::string& origin);
};

/// Throws wrong_product, dfinstall_too_old, platform_wrong. An empty `product` accepts any.
void check_fits_here(const std::string& name, const std::string& product, const std::string& their_product,
                     const std::string& min_dfinstall, const std::string& platform);

}  // namespace dfi
