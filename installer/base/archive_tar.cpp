// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "base/archive_handles.hpp"
#include "base/durable.hpp"
#include "base/hash.hpp"
#include "base/transfer_check.hpp"
#include "messages/archive.hpp"

namespace dfi {
namespace detail {

Error damaged(archive* handle, const std::string& name) {
  const char* reason = archive_error_string(handle);
  // libarchive has no error number for it: "Truncated zstd input", "Truncated tar archive".
  if (reason && std::string_view(reason).find("runcated") != std::string_view::npos)
    return Error(msg::archive_truncated, {{"name", name}});
  return Error(msg::archive_damaged, {{"name", name}, {"reason", reason ? reason : "unknown"}});
}

void check(int result, archive* handle, const std::string& name) {
  if (result != ARCHIVE_OK) throw damaged(handle, name);
}

std::string stream_file(archive* handle, const fs::path& source, std::uintmax_t size, const std::string& name) {
  auto file = open_file_source(source);
  Sha256 digest;
  std::vector<char> buffer(1 << 18);
  std::uintmax_t sum = 0;
  while (auto n = file->read(buffer.data(), buffer.size())) {
    sum += n;
    digest.update({buffer.data(), n});
    if (sum > size || archive_write_data(handle, buffer.data(), n) != static_cast<la_ssize_t>(n)) break;
  }
  if (archive_errno(handle) != 0 && sum <= size) throw damaged(handle, name);
  if (sum != size) throw Error(msg::file_changed, {{"path", source.string()}});
  return digest.hex();
}

}  // namespace detail

using namespace detail;

namespace {

class FileSource : public ByteSource {
 public:
  explicit FileSource(const fs::path& path) : path_(path), fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (!fd_) throw os_error("open", path);
  }
  std::size_t read(char* buffer, std::size_t size) override {
    for (;;) {
      auto n = ::read(fd_.get(), buffer, size);
      if (n >= 0) return static_cast<std::size_t>(n);
      if (errno != EINTR) throw os_error("read", path_);
    }
  }
  std::string name() const override { return path_.string(); }

 private:
  fs::path path_;
  Fd fd_;
};

EntryKind kind_of(archive_entry* entry) {
  if (archive_entry_hardlink(entry)) return EntryKind::other;
  switch (archive_entry_filetype(entry)) {
    case AE_IFREG: return EntryKind::file;
    case AE_IFDIR: return EntryKind::directory;
    case AE_IFLNK: return EntryKind::link;
    default: return EntryKind::other;
  }
}

ArchiveEntry from_handle(archive_entry* entry) {
  const char* path = archive_entry_pathname(entry);
  ArchiveEntry result;
  result.path = path ? path : "";
  while (result.path.size() > 1 && result.path.back() == '/') result.path.pop_back();
  result.kind = kind_of(entry);
  result.mode = archive_entry_perm(entry);
  result.user = static_cast<uid_t>(archive_entry_uid(entry));
  result.group = static_cast<gid_t>(archive_entry_gid(entry));
  result.size = static_cast<std::uintmax_t>(archive_entry_size(entry));
  result.mtime_ns = std::int64_t{archive_entry_mtime(entry)} * 1'000'000'000 + archive_entry_mtime_nsec(entry);
  if (const char* target = archive_entry_symlink(entry)) result.target = target;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  archive_entry_xattr_reset(entry);
  while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK)
    result.attributes.emplace_back(name, std::string(static_cast<const char*>(value), size));
  // The tar format has two records for an attribute; libarchive writes both and returns both.
  std::sort(result.attributes.begin(), result.attributes.end());
  result.attributes.erase(std::unique(result.attributes.begin(), result.attributes.end()), result.attributes.end());
  return result;
}

EntryHandle to_handle(const ArchiveEntry& entry) {
  EntryHandle handle(archive_entry_new());
  archive_entry_set_pathname(handle.get(), entry.path.c_str());
  archive_entry_set_filetype(handle.get(), entry.kind == EntryKind::directory ? AE_IFDIR
                                           : entry.kind == EntryKind::link    ? AE_IFLNK
                                                                              : AE_IFREG);
  archive_entry_set_perm(handle.get(), entry.mode);
  archive_entry_set_uid(handle.get(), entry.user);
  archive_entry_set_gid(handle.get(), entry.group);
  archive_entry_set_mtime(handle.get(), entry.mtime_ns / 1'000'000'000, entry.mtime_ns % 1'000'000'000);
  if (entry.kind == EntryKind::file) archive_entry_set_size(handle.get(), static_cast<la_int64_t>(entry.size));
  if (entry.kind == EntryKind::link) archive_entry_set_symlink(handle.get(), entry.target.c_str());
  for (const auto& [name, value] : entry.attributes)
    archive_entry_xattr_add_entry(handle.get(), name.c_str(), value.data(), value.size());
  return handle;
}

}  // namespace

std::unique_ptr<ByteSource> open_file_source(const fs::path& path) { return std::make_unique<FileSource>(path); }

struct TarReader::State {
  std::unique_ptr<ByteSource> source;
  std::vector<char> buffer = std::vector<char>(1 << 18);
  std::exception_ptr failure;  // exceptions must not cross the C library
  ReadArchive handle{archive_read_new()};

  static la_ssize_t on_read(archive* handle, void* data, const void** bytes) {
    auto& state = *static_cast<State*>(data);
    *bytes = state.buffer.data();
    try {
      return static_cast<la_ssize_t>(state.source->read(state.buffer.data(), state.buffer.size()));
    } catch (...) {
      state.failure = std::current_exception();
      archive_set_error(handle, EIO, "source failed");
      return -1;
    }
  }
  void check_read(int result) {
    if (failure) std::rethrow_exception(failure);
    detail::check(result, handle.get(), source->name());
  }
};

TarReader::TarReader(std::unique_ptr<ByteSource> source) : state_(std::make_unique<State>()) {
  state_->source = std::move(source);
  auto* handle = state_->handle.get();
  archive_read_support_format_tar(handle);
  archive_read_support_filter_zstd(handle);
  state_->check_read(archive_read_open(handle, state_.get(), nullptr, State::on_read, nullptr));
}
TarReader::~TarReader() = default;

std::optional<ArchiveEntry> TarReader::next() {
  archive_entry* entry = nullptr;
  int result = archive_read_next_header(state_->handle.get(), &entry);
  if (result == ARCHIVE_EOF && !state_->failure) return std::nullopt;
  state_->check_read(result);
  return from_handle(entry);
}

std::size_t TarReader::read(char* buffer, std::size_t size) {
  auto n = archive_read_data(state_->handle.get(), buffer, size);
  if (n < 0) state_->check_read(ARCHIVE_FATAL);
  return static_cast<std::size_t>(n);
}

std::string TarReader::read_all(std::size_t limit) {
  std::string content;
  char buffer[65536];
  while (auto n = read(buffer, sizeof buffer)) {
    content.append(buffer, n);
    if (content.size() > limit) throw Error(msg::archive_unsafe, {{"name", name()}, {"member", "size limit"}});
  }
  return content;
}

std::string TarReader::name() const { return state_->source->name(); }

struct TarWriter::State {
  durable::AtomicFile file;
  fs::path path;
  WriteArchive handle{archive_write_new()};
  State(const fs::path& p, mode_t mode) : file(p, mode), path(p) {}
};

TarWriter::TarWriter(const fs::path& path, int level, mode_t mode) : state_(std::make_unique<State>(path, mode)) {
  state_->file.write(transfer_frame());
  auto* handle = state_->handle.get();
  archive_write_set_format_pax(handle);  // the restricted one drops the fraction of a second
  archive_write_add_filter_zstd(handle);
  // Always two workers: their number, unlike their presence, does not change the bytes.
  check(archive_write_set_filter_option(handle, "zstd", "threads", "2"), handle, path.string());
  check(archive_write_set_filter_option(handle, "zstd", "compression-level", std::to_string(level).c_str()), handle,
        path.string());
  archive_write_set_bytes_in_last_block(handle, 1);
  check(archive_write_open_fd(handle, state_->file.fd()), handle, path.string());
}
TarWriter::~TarWriter() = default;

void TarWriter::add(const ArchiveEntry& entry, std::string_view bytes) {
  auto* handle = state_->handle.get();
  auto sized = entry;
  sized.size = bytes.size();
  check(archive_write_header(handle, to_handle(sized).get()), handle, state_->path.string());
  if (!bytes.empty() && archive_write_data(handle, bytes.data(), bytes.size()) != static_cast<la_ssize_t>(bytes.size()))
    throw damaged(handle, state_->path.string());
}

std::string TarWriter::add_file(const ArchiveEntry& entry, const fs::path& source) {
  auto* handle = state_->handle.get();
  check(archive_write_header(handle, to_handle(entry).get()), handle, state_->path.string());
  return stream_file(handle, source, entry.size, state_->path.string());
}

void TarWriter::commit() {
  auto* handle = state_->handle.get();
  check(archive_write_close(handle), handle, state_->path.string());
  state_->file.commit();
}

}  // namespace dfi
