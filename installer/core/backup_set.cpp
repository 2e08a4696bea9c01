// SPDX-License-Identifier: Apache-2.0
#include "core/backup_set.hpp"

#include <algorithm>
#include <future>
#include <map>
#include <tuple>

#include "base/durable.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/hash.hpp"
#include "messages/archive.hpp"
#include "messages/backup.hpp"

namespace dfi {
namespace {

constexpr auto schema = "dfinstall-backup/1";

const char* kind_word(EntryKind kind) {
  return kind == EntryKind::directory ? "directory" : kind == EntryKind::link ? "link" : "file";
}

EntryKind kind_from(const std::string& word) {
  return word == "directory" ? EntryKind::directory : word == "link" ? EntryKind::link : EntryKind::file;
}

/// Digests what passes: the archive is read once only. Beside the reader, since digests are most of the time.
class DigestedSource : public ByteSource {
 public:
  explicit DigestedSource(std::unique_ptr<ByteSource> source) : source_(std::move(source)) {}
  std::size_t read(char* buffer, std::size_t size) override {
    const auto n = source_->read(buffer, size);
    if (pending_.valid()) pending_.get();
    passed_.assign(buffer, buffer + n);
    pending_ = std::async(std::launch::async, [this] { digest_.update({passed_.data(), passed_.size()}); });
    return n;
  }
  std::string name() const override { return source_->name(); }
  /// Of all bytes, also of those that nobody has asked for.
  std::string hex() {
    std::vector<char> rest(1 << 18);
    while (read(rest.data(), rest.size()) > 0) continue;
    pending_.get();
    return digest_.hex();
  }

 private:
  std::unique_ptr<ByteSource> source_;
  Sha256 digest_;
  std::vector<char> passed_;
  std::future<void> pending_;  // last: it is waited for before what it uses goes
};

bool same(const ArchiveEntry& found, const ArchiveEntry& saved) {
  return found.kind == saved.kind && found.mode == saved.mode && found.user == saved.user &&
         found.group == saved.group && found.target == saved.target && found.attributes == saved.attributes &&
         (saved.kind != EntryKind::file || found.size == saved.size);
}

Error damaged(const fs::path& archive, const std::string& entry) {
  return Error(msg::backup_damaged, {{"path", archive.string()}, {"entry", entry}});
}

void take_all(const BackupArchive& archive, const fs::path& path, const TakeEntry& take) {
  std::map<std::string, const BackupEntry*> missing;
  for (const auto& entry : archive.entries) missing[entry.entry.path] = &entry;
  auto source = std::make_unique<DigestedSource>(open_file_source(path));
  auto& digested = *source;
  TarReader reader(std::move(source));
  while (const auto found = reader.next()) {
    const auto saved = missing.find(found->path);
    if (saved == missing.end() || !same(*found, saved->second->entry)) throw damaged(path, found->path);
    take(reader, *saved->second);
    missing.erase(saved);
  }
  if (!missing.empty()) throw damaged(path, missing.begin()->first);
  if (digested.hex() != archive.sha256) throw damaged(path, path.filename().string());
}

std::uintmax_t size_of(const BackupArchive& archive) {
  std::uintmax_t sum = 0;
  for (const auto& entry : archive.entries) sum += entry.entry.kind == EntryKind::file ? entry.entry.size : 0;
  return sum;
}

}  // namespace

Json to_json(const BackupArchive& archive) {
  Json list = Json::array();
  for (const auto& [entry, sha256] : archive.entries) {
    Json item{{"path", entry.path},        {"kind", kind_word(entry.kind)}, {"mode", entry.mode},
              {"user", entry.user},        {"group", entry.group},          {"size", entry.size},
              {"mtime_ns", entry.mtime_ns}};
    if (entry.kind == EntryKind::file) item["sha256"] = sha256;
    if (entry.kind == EntryKind::link) item["target"] = entry.target;
    for (const auto& [name, value] : entry.attributes)
      item["attributes"][name] = Json::binary({value.begin(), value.end()});
    list.push_back(item);
  }
  return {{"name", archive.name}, {"sha256", archive.sha256}, {"entries", list}};
}

BackupArchive backup_archive_from(const Json& json) {
  BackupArchive archive;
  archive.name = json.at("name").get<std::string>();
  archive.sha256 = json.at("sha256").get<std::string>();
  for (const auto& item : json.at("entries")) {
    ArchiveEntry entry;
    entry.path = item.at("path").get<std::string>();
    entry.kind = kind_from(item.at("kind").get<std::string>());
    entry.mode = item.at("mode").get<mode_t>();
    entry.user = item.at("user").get<uid_t>();
    entry.group = item.at("group").get<gid_t>();
    entry.size = item.at("size").get<std::uintmax_t>();
    entry.mtime_ns = item.at("mtime_ns").get<std::int64_t>();
    entry.target = item.value("target", "");
    if (item.contains("attributes"))
      for (const auto& [name, value] : item.at("attributes").items()) {
        auto bytes = value.at("bytes").get<std::vector<std::uint8_t>>();
        entry.attributes.emplace_back(name, std::string(bytes.begin(), bytes.end()));
      }
    archive.entries.push_back({entry, item.value("sha256", "")});
  }
  return archive;
}

std::uintmax_t BackupSet::bytes() const { return size_of(product_archive) + size_of(data_archive); }

std::size_t BackupSet::files() const { return product_archive.entries.size() + data_archive.entries.size(); }

std::vector<const BackupArchive*> BackupSet::archives() const {
  if (data_only()) return {&data_archive};
  return {&product_archive, &data_archive};
}

Json BackupSet::drill() const {
  const auto file = directory / drill_file;
  const auto text = read_file_if_exists(file);
  return text ? parse_json(*text, file) : Json(nullptr);
}

BackupSet BackupSet::load(const fs::path& directory) {
  const auto file = directory / "backup.json";
  auto text = read_file_if_exists(file);
  if (!text) throw Error(msg::backup_unknown, {{"id", directory.filename().string()}});
  auto json = parse_json(*text, file);
  return from_json_document(file, [&] {
    if (json.at("schema") != schema) throw_json_malformed(file, "schema");
    BackupSet set;
    set.id = directory.filename().string();
    set.directory = directory;
    set.created = json.at("created").get<std::string>();
    set.number = json.value("number", std::int64_t{0});
    set.product = json.at("product").get<std::string>();
    set.level = json.at("level").get<std::string>();
    if (!json.at("product_archive").is_null()) set.product_archive = backup_archive_from(json.at("product_archive"));
    set.data_archive = backup_archive_from(json.at("data_archive"));
    return set;
  });
}

std::vector<BackupSet> BackupSet::list(const Layout& layout) {
  std::vector<BackupSet> sets;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(layout.backups(), error)) try {
      if (fs::exists(entry.path() / "backup.json")) sets.push_back(load(entry.path()));
    } catch (const Error&) {
      // One unreadable backup must not hide the others; asked for by name it says what is wrong.
    }
  std::sort(sets.begin(), sets.end(),
            [](const auto& a, const auto& b) { return std::tie(a.number, a.created) > std::tie(b.number, b.created); });
  return sets;
}

BackupSet BackupSet::find(const Layout& layout, const std::string& id) {
  if (!id.empty()) return load(layout.backups() / fs::path(id).filename());
  auto sets = list(layout);
  if (sets.empty()) throw Error(msg::backup_unknown, {{"id", "(any)"}});
  return sets.front();
}

void BackupSet::read(const BackupArchive& archive, const TakeEntry& take) const try {
  take_all(archive, archive_path(archive), take);
} catch (const Error& e) {
  // Also an archive that cannot be read at all is a damaged backup.
  if (e.message().id != msg::archive_damaged && e.message().id != msg::archive_truncated) throw;
  throw damaged(archive_path(archive), archive.name);
}

void BackupSet::verify(const BackupProgress& progress) const {
  std::uint64_t done = 0;
  const auto total = bytes();
  std::vector<char> buffer(1 << 18);
  for (const auto* archive : archives())
    read(*archive, [&](TarReader& reader, const BackupEntry& saved) {
      if (saved.entry.kind != EntryKind::file) return;
      Sha256 digest;
      while (const auto n = reader.read(buffer.data(), buffer.size())) {
        digest.update({buffer.data(), n});
        done += n;
        if (progress) progress(done, total);
      }
      if (digest.hex() != saved.sha256) throw damaged(archive_path(*archive), saved.entry.path);
    });
}

void complete_backup(const BackupSet& set) {
  Json json{{"schema", schema},
            {"created", set.created},
            {"number", set.number},
            {"product", set.product},
            {"level", set.level},
            {"product_archive", set.data_only() ? Json(nullptr) : to_json(set.product_archive)},
            {"data_archive", to_json(set.data_archive)}};
  durable::write_file(set.directory / "backup.json", json.dump(1) + "\n", 0600);
}

}  // namespace dfi
