// SPDX-License-Identifier: Apache-2.0
#include "core/save_file.hpp"

#include <map>

#include "base/durable.hpp"
#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/transfer_check.hpp"
#include "messages/archive.hpp"
#include "messages/release.hpp"

namespace dfi {
namespace {
constexpr std::size_t manifest_limit = 64u << 20;
}  // namespace

SaveFile SaveFile::open(const fs::path& path, const TrustedKeys* keys) {
  switch (check_transfer(path)) {
    case Transfer::text_mode: throw Error(msg::text_mode_damage, {{"name", path.string()}});
    case Transfer::not_marked: throw Error(msg::not_a_save_file, {{"name", path.string()}});
    case Transfer::intact: break;
  }
  return open(open_file_source(path), keys);
}

SaveFile SaveFile::open(std::unique_ptr<ByteSource> source, const TrustedKeys* keys) {
  const auto name = source->name();
  auto reader = std::make_unique<TarReader>(std::move(source));
  auto entry = reader->next();
  if (!entry || entry->path != "manifest.json") throw Error(msg::not_a_save_file, {{"name", name}});
  auto text = reader->read_all(manifest_limit);
  if (keys) {
    entry = reader->next();
    if (!entry || entry->path != "manifest.json.sig")
      throw Error(msg::signature_missing, {{"name", name}, {"missing", "manifest.json.sig"}});
    keys->verify(text, reader->read_all(65536), name);
  }
  return SaveFile(std::move(reader), Manifest::from_text(text, name));
}

void SaveFile::read_objects(const Use& use) {
  std::map<std::string, const Object*> missing;
  for (const auto& object : manifest_.objects) missing[object.path] = &object;
  std::vector<char> buffer(1 << 18);
  while (auto entry = reader_->next()) {
    auto found = missing.find(entry->path);
    if (found == missing.end() || entry->kind != EntryKind::file)
      throw Error(msg::archive_unsafe, {{"name", reader_->name()}, {"member", entry->path}});
    const auto& object = *found->second;
    missing.erase(found);
    Sha256 digest;
    std::uintmax_t sum = 0;
    while (auto n = reader_->read(buffer.data(), buffer.size())) {
      sum += n;
      // More bytes than signed are never written.
      if (sum > object.size) break;
      digest.update({buffer.data(), n});
      use(object, {buffer.data(), n}, false);
    }
    auto actual = sum == object.size ? digest.hex() : std::to_string(sum) + " bytes";
    if (actual != object.sha256)
      throw Error(msg::object_damaged,
                  {{"object", object.path}, {"name", reader_->name()}, {"found", actual}, {"expected", object.sha256}});
    use(object, {}, true);
  }
  if (!missing.empty())
    throw Error(msg::member_missing, {{"name", reader_->name()}, {"member", missing.begin()->first}});
}

void SaveFile::unpack(const fs::path& target, const std::function<bool(const Object&)>& wanted) {
  std::optional<durable::NewFile> file;
  read_objects([&](const Object& object, std::string_view bytes, bool last) {
    if (wanted && !wanted(object)) return;
    if (!file) {
      fs::create_directories((target / object.path).parent_path());
      file.emplace(target / object.path, object.mode);
    }
    if (last) {
      file->close();
      file.reset();
    } else {
      file->write(bytes);
    }
  });
}

void SaveFile::verify() {
  read_objects([](const Object&, std::string_view, bool) {});
}

Manifest write_save_file(const fs::path& path, Manifest manifest, const std::function<fs::path(const Object&)>& source,
                         const fs::path& private_key, int zstd_level) {
  for (auto& object : manifest.objects) {
    object.size = fs::file_size(source(object));
    object.sha256 = sha256_file(source(object));
  }
  auto text = manifest.to_json().dump(1) + "\n";
  TarWriter writer(path, zstd_level);
  ArchiveEntry entry;
  entry.path = "manifest.json";
  writer.add(entry, text);
  if (!private_key.empty()) {
    entry.path = "manifest.json.sig";
    writer.add(entry, sign(text, private_key));
  }
  for (const auto& object : manifest.objects) {
    entry.path = object.path;
    entry.mode = object.mode;
    entry.size = object.size;
    if (writer.add_file(entry, source(object)) != object.sha256)
      throw Error(msg::file_changed, {{"path", source(object).string()}});
  }
  writer.commit();
  return manifest;
}

}  // namespace dfi
