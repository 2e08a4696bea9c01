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
#include "migrations/engine/file_pages.hpp"
#include "migrations/engine/in_order.hpp"

namespace dfi::migrations {
namespace {

std::string hex_of(const XXH128_hash_t& hash) { return fmt::format("{:016x}{:016x}", hash.high64, hash.low64); }

std::string text_of(const std::string& chain, std::size_t block_bytes) {
  return fmt::format("xxh3:{}/{}", chain, block_bytes);
}

// So much at once for one thread: to wake another for each block would cost as much as to digest it.
constexpr std::size_t piece_bytes = 2 << 20;
// More threads than that do not get more out of the memory.
constexpr unsigned most_readers = 4;

std::string digest_by_reading(int fd, const std::filesystem::path& path, std::uint64_t offset, std::size_t length) {
  constexpr std::size_t read_bytes = 1 << 17;  // stay in the cache between reading and digesting
  std::string memory(std::min(read_bytes, length), '\0');
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

// A processor by itself looks ahead only within a page, and waits at each one.
std::string digest_looking_ahead(std::string_view piece, std::size_t at, std::size_t length) {
  constexpr std::size_t step = 1 << 12, ahead = 1 << 16, line = 64;
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  for (const auto end = at + length; at < end; at += step) {
    const auto soon = std::min(piece.size(), at + ahead + step);
    for (auto next = at + ahead; next < soon; next += line) __builtin_prefetch(piece.data() + next, 0, 2);
    XXH3_128bits_update(&state, piece.data() + at, std::min(step, end - at));
  }
  return hex_of(XXH3_128bits_digest(&state));
}

/// The digests of the blocks of a piece.
std::vector<std::string> digests_of(int fd, const std::filesystem::path& path, std::uint64_t offset, std::size_t length,
                                    std::size_t block_bytes) {
  std::vector<std::string> digests;
  const auto each_block = [&](const auto& digest) {
    digests.clear();
    for (std::size_t at = 0; at < length; at += block_bytes)
      digests.push_back(digest(at, std::min(block_bytes, length - at)));
  };
  const bool seen = see_pages(fd, offset, length, [&](std::string_view piece) {
    each_block([&](std::size_t at, std::size_t size) { return digest_looking_ahead(piece, at, size); });
  });
  if (!seen)
    each_block([&](std::size_t at, std::size_t size) { return digest_by_reading(fd, path, offset + at, size); });
  return digests;
}

/// The chain over a file's first `bytes` bytes; over fewer of them after `stop`.
std::string chain_of(int fd, const std::filesystem::path& path, std::uint64_t bytes, std::size_t block_bytes,
                     unsigned threads, const std::atomic<bool>& stop) {
  const auto piece_length = std::max<std::uint64_t>(1, piece_bytes / block_bytes) * block_bytes;
  InOrder job;
  job.end = (bytes + piece_length - 1) / piece_length;
  job.threads = std::min(threads_for(threads), most_readers);
  job.slots = slots_for(job.threads);
  std::vector<std::vector<std::string>> digests(job.slots);
  std::string chain;
  job.work = [&](unsigned slot, std::uint64_t number) {
    const auto offset = number * piece_length;
    digests[slot].clear();
    if (!stop) digests[slot] = digests_of(fd, path, offset, std::min(piece_length, bytes - offset), block_bytes);
  };
  job.take = [&](unsigned slot, std::uint64_t) {
    for (const auto& digest : digests[slot]) chain = block_digest(chain + digest);
  };
  run_in_order(job);
  return chain;
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

std::optional<FileClaim> FileDigest::go_on(const Json& state, int fd, const std::filesystem::path& path) {
  struct stat st {};
  if (::fstat(fd, &st) != 0) throw os_error("stat", path);
  bytes_ = state.at("bytes").get<std::uint64_t>();
  if (static_cast<std::uint64_t>(st.st_size) < bytes_ || state.at("block") != block_bytes_) return std::nullopt;
  chain_ = state.at("chain").get<std::string>();
  const auto tail_bytes = bytes_ % block_bytes_;
  tail_.resize(tail_bytes);
  read_at(fd, path, bytes_ - tail_bytes, tail_.data(), tail_bytes);
  if (block_digest(tail_) != state.at("tail")) return std::nullopt;
  return FileClaim{fd, path, bytes_ - tail_bytes, block_bytes_, chain_};
}

bool holds(const FileClaim& claim, unsigned threads, const std::atomic<bool>& stop) {
  return chain_of(claim.fd, claim.path, claim.bytes, claim.block_bytes, threads, stop) == claim.chain;
}

std::string file_digest(const std::filesystem::path& path, std::size_t block_bytes, unsigned threads) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw os_error("open", path);
  struct stat st {};
  if (::fstat(fd.get(), &st) != 0) throw os_error("stat", path);
  return text_of(chain_of(fd.get(), path, static_cast<std::uint64_t>(st.st_size), block_bytes, threads, false),
                 block_bytes);
}

bool has_digest(const std::filesystem::path& path, const std::string& digest, unsigned threads) {
  std::size_t block_bytes = 0;
  auto slash = digest.find('/');
  if (slash == std::string::npos) return false;
  std::from_chars(digest.data() + slash + 1, digest.data() + digest.size(), block_bytes);
  return block_bytes > 0 && file_digest(path, block_bytes, threads) == digest;
}

}  // namespace dfi::migrations
