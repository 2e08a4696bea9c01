// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/file_digest.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#define XXH_STATIC_LINKING_ONLY  // the size of XXH3_state_t
// The library's own choice of the widest instructions the processor has, where it has that choice.
#ifdef __x86_64__
#include <xxh_x86dispatch.h>
#else
#include <xxhash.h>
#endif

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <vector>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "migrations/engine/in_order.hpp"

namespace dfi::migrations {
namespace {

std::string hex_of(const XXH128_hash_t& hash) { return fmt::format("{:016x}{:016x}", hash.high64, hash.low64); }

std::string text_of(const std::string& chain, std::size_t block_bytes) {
  return fmt::format("xxh3:{}/{}", chain, block_bytes);
}

using BlockTaker = std::function<void(const std::string& digest)>;

constexpr std::size_t read_bytes = 1 << 17;  // stay in the cache between reading and digesting
// For one thread: to wake another for each block would cost as much as to read it.
constexpr std::size_t piece_bytes = 8 << 20;

/// `memory` is where to read to.
std::string digest_range(int fd, const std::filesystem::path& path, std::uint64_t offset, std::size_t length,
                         std::string& memory) {
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  for (std::size_t done = 0; done < length;) {
    const auto size = std::min(memory.size(), length - done);
    read_at(fd, path, offset + done, memory.data(), size);
    XXH3_128bits_update(&state, memory.data(), size);
    done += size;
  }
  return hex_of(XXH3_128bits_digest(&state));
}

/// Gives the digests of a file's first `bytes` bytes, block by block.
void read_blocks(int fd, const std::filesystem::path& path, std::uint64_t bytes, std::size_t block_bytes,
                 unsigned threads, const BlockTaker& take) {
  const auto blocks = std::max<std::uint64_t>(1, piece_bytes / block_bytes);
  const auto piece_length = blocks * block_bytes;
  InOrder job;
  job.end = (bytes + piece_length - 1) / piece_length;
  job.threads = threads_for(threads);
  job.slots = slots_for(job.threads);
  // Made once: the kernel would clear new memory for each block.
  std::vector<std::string> memory(job.slots, std::string(read_bytes, '\0'));
  std::vector<std::vector<std::string>> digests(job.slots);
  job.work = [&](unsigned slot, std::uint64_t piece) {
    digests[slot].clear();
    const auto end = std::min(bytes, (piece + 1) * piece_length);
    for (auto at = piece * piece_length; at < end; at += block_bytes)
      digests[slot].push_back(digest_range(fd, path, at, std::min<std::uint64_t>(block_bytes, end - at), memory[slot]));
  };
  job.take = [&](unsigned slot, std::uint64_t) {
    for (const auto& digest : digests[slot]) take(digest);
  };
  run_in_order(job);
}

}  // namespace

std::string block_digest(std::string_view bytes) { return hex_of(XXH3_128bits(bytes.data(), bytes.size())); }

std::uint64_t hash64(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

void read_at(int fd, const std::filesystem::path& path, std::uint64_t offset, char* to, std::size_t length) {
  while (length > 0) {
    auto n = ::pread(fd, to, length, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) throw os_error("read", path, n < 0 ? errno : EIO);
    to += n;
    offset += static_cast<std::uint64_t>(n);
    length -= static_cast<std::size_t>(n);
  }
}

void write_at(int fd, const std::filesystem::path& path, std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    auto n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw os_error("write", path);
    offset += static_cast<std::uint64_t>(n);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

FileDigest::FileDigest(std::size_t block_bytes) : block_bytes_(block_bytes) {}

void FileDigest::add(std::string_view bytes) {
  bytes_ += bytes.size();
  while (!bytes.empty()) {
    auto part = bytes.substr(0, block_bytes_ - tail_.size());
    bytes.remove_prefix(part.size());
    tail_ += part;
    if (tail_.size() < block_bytes_) continue;
    chain_ = block_digest(chain_ + block_digest(tail_));
    tail_.clear();
  }
}

void FileDigest::add(std::string_view bytes, const std::string& known) {
  if (!tail_.empty() || bytes.size() != block_bytes_) return add(bytes);
  bytes_ += bytes.size();
  chain_ = block_digest(chain_ + known);
}

std::string FileDigest::text() const {
  return text_of(tail_.empty() ? chain_ : block_digest(chain_ + block_digest(tail_)), block_bytes_);
}

Json FileDigest::state() const {
  return {{"bytes", bytes_}, {"block", block_bytes_}, {"chain", chain_}, {"tail", block_digest(tail_)}};
}

bool FileDigest::go_on(const Json& state, int fd, const std::filesystem::path& path, unsigned threads) {
  struct stat st {};
  if (::fstat(fd, &st) != 0) throw os_error("stat", path);
  bytes_ = state.at("bytes").get<std::uint64_t>();
  if (static_cast<std::uint64_t>(st.st_size) < bytes_ || state.at("block") != block_bytes_) return false;
  chain_ = state.at("chain").get<std::string>();
  const auto tail_bytes = bytes_ % block_bytes_;
  tail_.resize(tail_bytes);
  read_at(fd, path, bytes_ - tail_bytes, tail_.data(), tail_bytes);
  std::string chain;
  read_blocks(fd, path, bytes_ - tail_bytes, block_bytes_, threads,
              [&](const std::string& digest) { chain = block_digest(chain + digest); });
  return chain == chain_ && block_digest(tail_) == state.at("tail");
}

std::string file_digest(const std::filesystem::path& path, std::size_t block_bytes, unsigned threads) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw os_error("open", path);
  struct stat st {};
  if (::fstat(fd.get(), &st) != 0) throw os_error("stat", path);
  std::string chain;
  read_blocks(fd.get(), path, static_cast<std::uint64_t>(st.st_size), block_bytes, threads,
              [&](const std::string& digest) { chain = block_digest(chain + digest); });
  return text_of(chain, block_bytes);
}

bool has_digest(const std::filesystem::path& path, const std::string& digest, unsigned threads) {
  std::size_t block_bytes = 0;
  auto slash = digest.find('/');
  if (slash == std::string::npos) return false;
  std::from_chars(digest.data() + slash + 1, digest.data() + digest.size(), block_bytes);
  return block_bytes > 0 && file_digest(path, block_bytes, threads) == digest;
}

}  // namespace dfi::migrations
