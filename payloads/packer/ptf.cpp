// SPDX-License-Identifier: Apache-2.0
#include "payloads/packer/ptf.hpp"

#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "messages/packer.hpp"
#include "payloads/packer/release.hpp"

namespace dfi::packer {
namespace {

constexpr auto product_save_file = "TMSSAVF1.SAVF", formats_save_file = "TMSSAVF2.SAVF";

Manifest read_base(const fs::path& base, const fs::path& key, const char* save_file) {
  auto keys = TrustedKeys::of_private_key(key);
  auto release = open_release(base, keys);
  return SaveFile::open(release.zip.open_member(save_file), &keys).manifest();
}

void check_version(const fs::path& base_path, const Manifest& base, const PtfSpec& ptf) {
  if (std::find(ptf.applies_to.begin(), ptf.applies_to.end(), base.version) == ptf.applies_to.end())
    throw Error(msg::pack_ptf_wrong_version, {{"ptf", ptf.id},
                                              {"applies_to", joined(ptf.applies_to)},
                                              {"version", base.version},
                                              {"name", base_path.string()}});
}

// A PTF carries objects and nothing else: any other difference would be lost without a word.
void check_same_product(const fs::path& base_path, const Manifest& base, const ProductFile& file) {
  auto refuse = [&](const char* what) {
    throw Error(msg::pack_ptf_changes_product,
                {{"path", file.path.string()}, {"base", base_path.string()}, {"what", what}});
  };
  if (file.product != base.product) refuse("product");
  if (file.version != base.version) refuse("version");
  if (file.ptf_level != base.ptf_level) refuse("ptf_level");
  if (file.platform != base.platform) refuse("platform");
  if (!base.spec) refuse("product_spec");
  const auto theirs = base.spec->to_json(), ours = file.spec.to_json();
  for (const auto& [name, value] : ours.items())
    if (theirs.at(name) != value) refuse(name.c_str());
}

using Place = fs::path (ReleaseSource::*)(const Object&) const;

std::vector<Object> changed_objects(const fs::path& base_path, const Manifest& base, const ReleaseSource& source,
                                    const std::vector<Object>& objects, Place place) {
  std::map<std::string, const Object*> old;
  for (const auto& object : base.objects) old[object.path] = &object;
  std::vector<Object> changed;
  for (auto object : objects) {
    auto found = old.find(object.path);
    if (found == old.end()) {
      object.replaces = {"absent"};
      changed.push_back(object);
      continue;
    }
    const auto& before = *found->second;
    old.erase(found);
    if (sha256_file((source.*place)(object)) == before.sha256 && object.mode == before.mode &&
        object.kind == before.kind)
      continue;
    object.replaces = {before.sha256};
    changed.push_back(object);
  }
  if (!old.empty())
    throw Error(
        msg::pack_ptf_object_deleted,
        {{"object", old.begin()->first}, {"base", base_path.string()}, {"directory", source.directory.string()}});
  return changed;
}

Manifest write_changed(const fs::path& base_path, const Manifest& manifest, const ReleaseSource& source, Place place,
                       const fs::path& output, const fs::path& key) {
  if (manifest.objects.empty())
    throw Error(msg::pack_ptf_empty, {{"directory", source.directory.string()}, {"base", base_path.string()}});
  Manifest::from_text(manifest.to_json().dump(), source.directory.string());
  return write_save_file(
      output, manifest, [&](const Object& o) { return (source.*place)(o); }, key, zstd_level);
}

}  // namespace

Manifest write_ptf(const fs::path& base_path, const ReleaseSource& source, const PtfSpec& ptf, const fs::path& output,
                   const fs::path& key) {
  auto base = read_base(base_path, key, product_save_file);
  check_same_product(base_path, base, source.file);
  check_version(base_path, base, ptf);
  auto manifest = source.manifest(output.filename().string(), "ptf");
  manifest.ptf = ptf;
  manifest.objects = changed_objects(base_path, base, source, source.objects, &ReleaseSource::object_path);
  return write_changed(base_path, manifest, source, &ReleaseSource::object_path, output, key);
}

Manifest write_definitions(const fs::path& base_path, const ReleaseSource& source, const PtfSpec& ptf,
                           const fs::path& output, const fs::path& key) {
  check_same_product(base_path, read_base(base_path, key, product_save_file), source.file);
  const auto base = read_base(base_path, key, formats_save_file);
  check_version(base_path, base, ptf);
  auto manifest = source.manifest(output.filename().string(), "definitions");
  manifest.ptf = ptf;
  manifest.objects = changed_objects(base_path, base, source, source.definitions, &ReleaseSource::definition_path);
  return write_changed(base_path, manifest, source, &ReleaseSource::definition_path, output, key);
}

}  // namespace dfi::packer
