// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "base/archive_handles.hpp"
#include "base/durable.hpp"
#include "messages/archive.hpp"

namespace dfi {

using namespace detail;

namespace {

// The seekable reader only: the streaming one also returns entries which the central directory does not list.
ReadArchive open_zip(const fs::path& path) {
  ReadArchive handle(archive_read_new());
  archive_read_support_format_zip_seekable(handle.get());
  if (archive_read_open_filename(handle.get(), path.c_str(), 1 << 18) != ARCHIVE_OK)
    throw Error(msg::archive_truncated, {{"name", path.string()}});
  return handle;
}

class ZipMemberSource : public ByteSource {
 public:
  ZipMemberSource(ReadArchive handle, std::string name) : handle_(std::move(handle)), name_(std::move(name)) {}
  std::size_t read(char* buffer, std::size_t size) override {
    auto n = archive_read_data(handle_.get(), buffer, size);
    if (n < 0) throw damaged(handle_.get(), name_);
    return static_cast<std::size_t>(n);
  }
  std::string name() const override { return name_; }

 private:
  ReadArchive handle_;
  std::string name_;
};

}  // namespace

ZipReader ZipReader::open(const fs::path& path) {
  auto handle = open_zip(path);
  ZipReader zip;
  zip.path_ = path;
  std::set<std::string> seen;
  archive_entry* entry = nullptr;
  for (;;) {
    int result = archive_read_next_header(handle.get(), &entry);
    if (result == ARCHIVE_EOF) break;
    // A cut-off ZIP has lost its central directory, which stands at the end.
    if (result != ARCHIVE_OK && zip.members_.empty()) throw Error(msg::archive_truncated, {{"name", path.string()}});
    check(result, handle.get(), path.string());
    const char* raw = archive_entry_pathname(entry);
    std::string name = raw ? raw : "";
    bool plain = !name.empty() && name[0] != '.' && name.find_first_of("/\\") == std::string::npos &&
                 archive_entry_filetype(entry) == AE_IFREG;
    if (!plain || !seen.insert(name).second)
      throw Error(msg::archive_unsafe, {{"name", path.string()}, {"member", name}});
    zip.members_.push_back({name, static_cast<std::uintmax_t>(archive_entry_size(entry))});
  }
  return zip;
}

std::unique_ptr<ByteSource> ZipReader::open_member(const std::string& name) const {
  auto handle = open_zip(path_);
  archive_entry* entry = nullptr;
  while (archive_read_next_header(handle.get(), &entry) == ARCHIVE_OK)
    if (archive_entry_pathname(entry) == name)
      return std::make_unique<ZipMemberSource>(std::move(handle), path_.filename().string() + "/" + name);
  throw Error(msg::member_missing, {{"name", path_.string()}, {"member", name}});
}

std::string ZipReader::read_member(const std::string& name, std::size_t limit) const {
  auto source = open_member(name);
  std::string content;
  char buffer[65536];
  while (auto n = source->read(buffer, sizeof buffer)) {
    content.append(buffer, n);
    if (content.size() > limit) throw Error(msg::archive_unsafe, {{"name", path_.string()}, {"member", name}});
  }
  return content;
}

struct ZipWriter::State {
  durable::AtomicFile file;
  fs::path path;
  WriteArchive handle{archive_write_new()};
  State(const fs::path& p, mode_t mode) : file(p, mode), path(p) {}

  void header(const std::string& name, std::uintmax_t size) {
    EntryHandle entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0644);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
    // A ZIP states local time. Before its epoch every time zone is clamped to the same 1 January 1980, 00:00.
    archive_entry_set_mtime(entry.get(), 0, 0);
    check(archive_write_header(handle.get(), entry.get()), handle.get(), path.string());
  }
};

ZipWriter::ZipWriter(const fs::path& path, mode_t mode) : state_(std::make_unique<State>(path, mode)) {
  auto* handle = state_->handle.get();
  archive_write_set_format_zip(handle);
  check(archive_write_zip_set_compression_store(handle), handle, path.string());
  archive_write_set_bytes_in_last_block(handle, 1);
  check(archive_write_open_fd(handle, state_->file.fd()), handle, path.string());
}
ZipWriter::~ZipWriter() = default;

void ZipWriter::add(const std::string& name, std::string_view bytes) {
  state_->header(name, bytes.size());
  auto* handle = state_->handle.get();
  if (archive_write_data(handle, bytes.data(), bytes.size()) != static_cast<la_ssize_t>(bytes.size()))
    throw damaged(handle, state_->path.string());
}

void ZipWriter::add_file(const std::string& name, const fs::path& source) {
  auto size = fs::file_size(source);
  state_->header(name, size);
  stream_file(state_->handle.get(), source, size, state_->path.string());
}

void ZipWriter::commit() {
  check(archive_write_close(state_->handle.get()), state_->handle.get(), state_->path.string());
  state_->file.commit();
}

}  // namespace dfi
