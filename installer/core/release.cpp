// SPDX-License-Identifier: Apache-2.0
#include "core/release.hpp"

#include <algorithm>
#include <set>

#include "base/archive.hpp"
#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/transfer_check.hpp"
#include "messages/archive.hpp"
#include "messages/release.hpp"

namespace dfi {
namespace {

constexpr std::size_t document_limit = 16u << 20;

// Names written by hand or by old transfer tools come in any letter case (feature 59).
fs::path find_any_case(const fs::path& directory, const std::string& name) {
  auto lower = [](std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
  };
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error))
    if (lower(entry.path().filename().string()) == lower(name)) return entry.path();
  return {};
}

void check_size(const std::string& name, std::uintmax_t actual, std::uintmax_t expected) {
  Args args{{"name", name}, {"actual", std::to_string(actual)}, {"expected", std::to_string(expected)}};
  if (actual < expected) throw Error(msg::release_truncated, args);
  if (actual > expected) throw Error(msg::wrong_size, args);
}

}  // namespace

Release Release::open(const fs::path& path, const TrustedKeys& keys, const std::string& product) {
  Release release;
  release.path_ = path;
  release.keys_ = keys;
  release.is_directory_ = fs::is_directory(path);
  if (release.is_directory_)
    release.read_directory(product);
  else
    release.read_zip(product);
  const auto& document = release.document_;
  for (const char* needed : {product_save_file, formats_save_file})
    if (!release.has(needed)) throw Error(msg::member_missing, {{"name", path.string()}, {"member", needed}});
  check_fits_here(path.string(), product, document.product, document.min_dfinstall, document.platform);
  return release;
}

void Release::read_zip(const std::string&) {
  switch (check_transfer(path_)) {
    case Transfer::text_mode: throw Error(msg::text_mode_damage, {{"name", path_.string()}});
    case Transfer::not_marked: throw Error(msg::not_a_release, {{"name", path_.string()}});
    case Transfer::intact: break;
  }
  auto zip = ZipReader::open(path_);
  auto there = [&](const std::string& name) {
    return std::any_of(zip.members().begin(), zip.members().end(), [&](const auto& m) { return m.name == name; });
  };
  if (!there("release.json")) throw Error(msg::not_a_release, {{"name", path_.string()}});
  if (!there("release.json.sig"))
    throw Error(msg::signature_missing, {{"name", path_.string()}, {"missing", "release.json.sig"}});
  auto text = zip.read_member("release.json", document_limit);
  keys_.verify(text, zip.read_member("release.json.sig", 65536), path_.string());
  document_ = ReleaseDocument::from_text(text, path_.string() + "/release.json");

  std::set<std::string> expected{"TRANSFER.CHK", "release.json", "release.json.sig"};
  for (const auto& ref : document_.save_files) {
    expected.insert(ref.name);
    if (!there(ref.name)) throw Error(msg::member_missing, {{"name", path_.string()}, {"member", ref.name}});
  }
  for (const auto& member : zip.members())
    if (!expected.count(member.name))
      throw Error(msg::archive_unsafe, {{"name", path_.string()}, {"member", member.name}});
}

void Release::read_directory(const std::string& product) {
  auto release_json = find_any_case(path_, "release.json");
  if (!release_json.empty()) {
    auto signature = find_any_case(path_, "release.json.sig");
    if (signature.empty())
      throw Error(msg::signature_missing, {{"name", path_.string()}, {"missing", "release.json.sig"}});
    auto text = read_file(release_json);
    keys_.verify(text, read_file(signature), release_json.string());
    document_ = ReleaseDocument::from_text(text, release_json.string());
    return;
  }
  loose_ = true;
  for (const char* name : {product_save_file, formats_save_file, ptf_save_file}) {
    auto file = find_any_case(path_, name);
    if (file.empty()) continue;
    auto manifest = SaveFile::open(file, &keys_).manifest();
    check_fits_here(file.string(), product, manifest.product, manifest.min_dfinstall, manifest.platform);
    if (manifest.type == "product")
      document_ = {
          manifest.product, manifest.version, manifest.min_dfinstall, manifest.platform, {}, manifest.ptf_level, {}};
  }
  for (const char* name : {product_save_file, formats_save_file, ptf_save_file})
    if (auto file = find_any_case(path_, name); !file.empty())
      document_.save_files.push_back({name, {}, fs::file_size(file)});
  if (document_.save_files.empty()) throw Error(msg::not_a_release, {{"name", path_.string()}});
}

bool Release::has(const std::string& save_file) const {
  return std::any_of(document_.save_files.begin(), document_.save_files.end(),
                     [&](const auto& ref) { return ref.name == save_file; });
}

std::unique_ptr<ByteSource> Release::open_member(const std::string& name) const {
  if (!is_directory_) return ZipReader::open(path_).open_member(name);
  auto file = find_any_case(path_, name);
  if (file.empty()) throw Error(msg::member_missing, {{"name", path_.string()}, {"member", name}});
  return open_file_source(file);
}

void Release::verify(const std::function<void(std::uint64_t, std::uint64_t)>& progress) const {
  std::uint64_t total = 0, done = 0;
  for (const auto& ref : document_.save_files) total += ref.size;
  std::vector<char> buffer(1 << 20);
  for (const auto& ref : document_.save_files) {
    if (is_directory_) {
      auto file = find_any_case(path_, ref.name);
      if (!file.empty() && check_transfer(file) == Transfer::text_mode)
        throw Error(msg::text_mode_damage, {{"name", file.string()}});
    }
    if (loose_) {
      save_file(ref.name).verify();
      continue;
    }
    auto source = open_member(ref.name);
    Sha256 digest;
    std::uintmax_t size = 0;
    while (auto n = source->read(buffer.data(), buffer.size())) {
      digest.update({buffer.data(), n});
      size += n;
      if (progress) progress(done + size, total);
    }
    check_size(source->name(), size, ref.size);
    auto actual = digest.hex();
    if (actual != ref.sha256)
      throw Error(msg::digest_wrong, {{"name", source->name()}, {"actual", actual}, {"expected", ref.sha256}});
    done += size;
  }
}

SaveFile Release::save_file(const std::string& name) const {
  auto save_file = SaveFile::open(open_member(name), &keys_);
  const auto& manifest = save_file.manifest();
  // A save file of another release in this one's place has a good signature of its own.
  const bool same =
      manifest.product == document_.product && (manifest.type == "ptf" || manifest.version == document_.version);
  if (!same)
    throw Error(msg::save_file_foreign, {{"name", name},
                                         {"found", manifest.product + " " + manifest.version},
                                         {"expected", document_.product + " " + document_.version}});
  return save_file;
}

}  // namespace dfi
