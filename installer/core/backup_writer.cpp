// SPDX-License-Identifier: Apache-2.0
// The writing half of backups: which files go into an archive, and how a consistent picture of live data is taken.
#include <algorithm>
#include <list>
#include <map>

#include "base/companions.hpp"
#include "base/database.hpp"
#include "base/durable.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/hash.hpp"
#include "core/backup_set.hpp"
#include "messages/backup.hpp"

namespace dfi {
namespace {

struct Source {
  ArchiveEntry entry;
  fs::path content;  // of a file: where its bytes are read
};

// Neither backup.json nor a portable archive can hold other names.
bool is_utf8(const std::string& text) {
  try {
    return !Json(text).dump().empty();
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

Source source_of(const fs::path& path, const fs::path& base) {
  auto facts = describe(path, path.lexically_relative(base));
  if (facts.kind == EntryKind::other || !is_utf8(facts.path.string()) || !is_utf8(facts.target))
    throw Error(msg::backup_impossible, {{"path", path.string()}});
  ArchiveEntry entry{facts.path.string(),
                     facts.kind,
                     facts.mode,
                     facts.user,
                     facts.group,
                     facts.size,
                     facts.mtime_ns,
                     facts.target,
                     facts.kind == EntryKind::link ? decltype(ArchiveEntry::attributes){} : extended_attributes(path)};
  if (facts.kind != EntryKind::file) entry.size = 0;
  return {entry, path};
}

// A directory and everything below it, dfinstall's own directories left out.
void collect(const fs::path& directory, const fs::path& base, std::vector<Source>& sources) {
  if (!fs::exists(directory)) return;
  sources.push_back(source_of(directory, base));
  std::vector<fs::path> children;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error))
    children.push_back(it->path());
  if (error) throw os_error("read directory", directory, error.value());
  std::sort(children.begin(), children.end());
  for (const auto& child : children) {
    if (child.filename() == ".dfinstall") continue;
    if (fs::is_directory(fs::symlink_status(child)))
      collect(child, base, sources);
    else
      sources.push_back(source_of(child, base));
  }
}

BackupArchive write(const std::string& name, const std::vector<Source>& sources, const fs::path& directory,
                    const BackupProgress& progress) {
  BackupArchive archive;
  archive.name = name;
  std::uint64_t total = 0, done = 0;
  for (const auto& source : sources) total += source.entry.size;
  TarWriter writer(directory / (name + ".SAVF"), 1, 0600);  // it may hold passwords
  for (const auto& source : sources) {
    std::string digest;
    if (source.entry.kind == EntryKind::file)
      digest = writer.add_file(source.entry, source.content);
    else
      writer.add(source.entry, {});
    archive.entries.push_back({source.entry, digest});
    done += source.entry.size;
    if (progress) progress(done, total);
  }
  writer.commit();
  archive.sha256 = sha256_file(directory / (name + ".SAVF"));
  return archive;
}

// Holds a write lock on every SQLite data file, so that the copies made meanwhile fit together.
class WriteLocks {
 public:
  explicit WriteLocks(const std::vector<fs::path>& files) {
    for (const auto& file : files)
      with_database(file, [&] {
        databases_.push_back(open_database(file, Access::read_write, 10000));
        databases_.back().exec("BEGIN IMMEDIATE");
      });
  }

 private:
  std::list<SQLite::Database> databases_;  // closing ends the transaction; nothing was written in it
};

// A data file that lies elsewhere behind a link is a data file: its content must come back.
void save_what_links_show(const Layout& layout, const ProductSpec& spec, std::vector<Source>& sources) {
  for (const auto& file : spec.data_files)
    for (auto& source : sources) {
      if (source.entry.path != file.path || source.entry.kind != EntryKind::link) continue;
      refuse_foreign_links(layout.root(), layout.root() / file.path);
      source = source_of(data_path(layout, file), layout.root());
      source.entry.path = file.path;
    }
}

bool belongs_to_database(const std::string& path, const std::map<std::string, fs::path>& snapshots) {
  for (const char* suffix : companion_suffixes) {
    const std::string end = suffix;
    if (path.size() > end.size() && path.compare(path.size() - end.size(), end.size(), end) == 0 &&
        snapshots.count(path.substr(0, path.size() - end.size())))
      return true;
  }
  return false;
}

}  // namespace

BackupArchive save_product(const Layout& layout, const Generation& generation, const fs::path& directory,
                           const BackupProgress& progress) {
  std::vector<Source> sources;
  const auto base = layout.product_base();
  sources.push_back(source_of(layout.current(), base));
  for (const auto& ptf : generation.ptfs)
    if (auto saved = base / ptf.saved; fs::exists(saved)) sources.push_back(source_of(saved, base));
  collect(generation.path, base, sources);
  return write(generation.spec().save_product, sources, directory, progress);
}

BackupArchive save_data(const Layout& layout, const ProductSpec& spec, const fs::path& directory,
                        const BackupProgress& progress) {
  std::map<std::string, fs::path> snapshots;
  std::vector<fs::path> databases;
  const auto scratch = directory / ".snapshots";
  durable::remove_tree(scratch);
  durable::make_directories(scratch, 0700);
  for (const auto& file : spec.data_files)
    if (file.kind == "sqlite" && is_database(data_path(layout, file))) {
      databases.push_back(data_path(layout, file));
      snapshots[file.path] = scratch / file.name;
    }
  std::vector<Source> sources;
  {
    WriteLocks locks(databases);
    for (const auto& [path, snapshot] : snapshots) copy_database(layout.root() / path, snapshot);
    collect(layout.data(), layout.root(), sources);
    collect(layout.config(), layout.root(), sources);
    for (const auto& more : spec.directories) collect(layout.root() / more, layout.root(), sources);
  }
  save_what_links_show(layout, spec, sources);
  sources.erase(std::remove_if(sources.begin(), sources.end(),
                               [&](const Source& s) { return belongs_to_database(s.entry.path, snapshots); }),
                sources.end());
  for (auto& source : sources)
    if (auto snapshot = snapshots.find(source.entry.path); snapshot != snapshots.end()) {
      source.content = snapshot->second;
      source.entry.size = fs::file_size(snapshot->second);
    }
  auto archive = write(spec.save_data, sources, directory, progress);
  durable::remove_tree(scratch);
  return archive;
}

}  // namespace dfi
