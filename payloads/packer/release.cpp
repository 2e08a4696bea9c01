// SPDX-License-Identifier: Apache-2.0
#include "payloads/packer/release.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/transfer_check.hpp"
#include "messages/archive.hpp"
#include "messages/packer.hpp"
#include "messages/release.hpp"
#include "payloads/packer/scratch.hpp"

namespace dfi::packer {
namespace {

ReleaseDocument::SaveFileRef reference(const fs::path& path) {
  return {path.filename().string(), sha256_file(path), fs::file_size(path)};
}

fs::path add_ptf(const ReleaseSource& source, const fs::path& ptf, const fs::path& key, const fs::path& scratch) {
  auto manifest = read_ptf_manifest(ptf, TrustedKeys::of_private_key(key));
  check_fits_here(ptf.string(), source.file.product, manifest.product, "0", "any");
  const auto& versions = manifest.ptf->applies_to;
  if (std::find(versions.begin(), versions.end(), source.file.version) == versions.end())
    throw Error(msg::pack_ptf_wrong_version, {{"ptf", manifest.ptf->id},
                                              {"applies_to", joined(versions)},
                                              {"version", source.file.version},
                                              {"name", source.file.path.string()}});
  auto copy = scratch / "TMSHOTPTF.SAVF";
  fs::copy_file(ptf, copy);
  return copy;
}

}  // namespace

ReleaseMade write_release(const ReleaseSource& source, const fs::path& output, const fs::path& key,
                          const fs::path& ptf) {
  Scratch scratch(output);  // a ZIP states a member's digest before the member: save files are made first
  auto product = source.manifest("TMSSAVF1.SAVF", "product");
  product.spec = source.file.spec;
  product.objects = source.objects;
  auto formats = source.manifest("TMSSAVF2.SAVF", "formats");
  formats.objects = source.definitions;
  // What dfinstall would refuse must not leave the house.
  for (const auto* manifest : {&product, &formats})
    Manifest::from_text(manifest->to_json().dump(), source.directory.string());

  std::vector<fs::path> files{scratch.path() / product.save_file, scratch.path() / formats.save_file};
  write_save_file(
      files[0], product, [&](const Object& o) { return source.object_path(o); }, key, zstd_level);
  write_save_file(
      files[1], formats, [&](const Object& o) { return source.definition_path(o); }, key, zstd_level);
  if (!ptf.empty()) files.push_back(add_ptf(source, ptf, key, scratch.path()));

  ReleaseMade made{{}, product.objects.size(), formats.objects.size()};
  auto& document = made.document;
  document.product = source.file.product;
  document.version = source.file.version;
  document.ptf_level = source.file.ptf_level;
  document.released = source.file.released;
  document.min_dfinstall = source.file.min_dfinstall;
  document.platform = source.file.platform;
  for (const auto& file : files) document.save_files.push_back(reference(file));
  auto text = document.to_json().dump(1) + "\n";

  ZipWriter zip(output);
  zip.add("TRANSFER.CHK", transfer_marker());
  zip.add("release.json", text);
  zip.add("release.json.sig", sign(text, key));
  for (const auto& file : files) zip.add_file(file.filename().string(), file);
  zip.commit();
  return made;
}

ReleaseFile open_release(const fs::path& path, const TrustedKeys& keys) {
  switch (check_transfer(path)) {
    case Transfer::text_mode: throw Error(msg::text_mode_damage, {{"name", path.string()}});
    case Transfer::not_marked: throw Error(msg::not_a_release, {{"name", path.string()}});
    case Transfer::intact: break;
  }
  ReleaseFile release{path, ZipReader::open(path), {}};
  const auto& members = release.zip.members();
  auto holds = [&](const char* name) {
    return std::any_of(members.begin(), members.end(), [&](const auto& member) { return member.name == name; });
  };
  if (!holds("release.json")) throw Error(msg::not_a_release, {{"name", path.string()}});
  if (!holds("release.json.sig"))
    throw Error(msg::signature_missing, {{"name", path.string()}, {"missing", "release.json.sig"}});
  auto text = release.zip.read_member("release.json", 1 << 20);
  keys.verify(text, release.zip.read_member("release.json.sig", 65536), path.string());
  release.document = ReleaseDocument::from_text(text, path.string());
  return release;
}

void check_save_files(const ReleaseFile& release) {
  std::vector<char> buffer(1 << 18);
  for (const auto& file : release.document.save_files) {
    auto name = release.path.string() + "/" + file.name;
    auto source = release.zip.open_member(file.name);
    Sha256 digest;
    std::uintmax_t size = 0;
    while (auto n = source->read(buffer.data(), buffer.size())) {
      digest.update({buffer.data(), n});
      size += n;
    }
    if (size != file.size)
      throw Error(msg::wrong_size,
                  {{"name", name}, {"actual", std::to_string(size)}, {"expected", std::to_string(file.size)}});
    auto actual = digest.hex();
    if (actual != file.sha256)
      throw Error(msg::digest_wrong, {{"name", name}, {"actual", actual}, {"expected", file.sha256}});
  }
}

Manifest read_ptf_manifest(const fs::path& path, const TrustedKeys& keys) {
  auto manifest = SaveFile::open(path, &keys).manifest();
  if (manifest.type != "ptf" || !manifest.ptf)
    throw Error(msg::pack_not_a_ptf, {{"name", path.string()}, {"type", manifest.type}});
  return manifest;
}

std::string joined(const std::vector<std::string>& values) {
  std::string result;
  for (const auto& value : values) result += (result.empty() ? "" : ", ") + value;
  return result;
}

}  // namespace dfi::packer
