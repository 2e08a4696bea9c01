// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/file_digest.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <vector>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/hash.hpp"
#include "migrations/engine/in_order.hpp"

namespace dfi::migrations {
namespace {

std::string hex_of(const XXH128_hash_t& hash) { return fmt::format("{:016x}{:016x}", hash.high64, hash.low64); }

using BlockTaker = std::function<void(const BlockDigest&)>;

constexpr std::size_t piece_bytes = 1 << 17;  // stays in the cache between reading and digesting

/// One of the two digests of some bytes of a file.
BlockDigest digest_range(int fd, const std::filesystem::path& path, std::uint64_t offset, std::size_t length,
                         Proof proof) {
  std::string piece;
  Sha256 sha;
  XXH3_state_t check;
  XXH3_128bits_reset(&check);
  for (std::size_t done = 0; done < length; done += piece.size()) {
    piece.resize(std::min(piece_bytes, length - done));
    read_at(fd, path, offset + done, piece.data(), piece.size());
    if (proof == Proof::sha)
      sha.update(piece);
    else
      XXH3_128bits_update(&check, piece.data(), piece.size());
  }
  return proof == Proof::sha ? BlockDigest{sha.hex(), {}} : BlockDigest{{}, hex_of(XXH3_128bits_digest(&check))};
}

/// Gives the digests of a file's first `bytes` bytes, block by block; one of the two is made.
void read_blocks(int fd, const std::filesystem::path& path, std::uint64_t bytes, std::size_t block_bytes, Proof proof,
                 unsigned threads, const BlockTaker& take) {
  InOrder job;
  job.end = (bytes + block_bytes - 1) / block_bytes;
  job.threads = threads_for(threads);
  job.slots = slots_for(job.threads);
  std::vector<BlockDigest> digests(job.slots);
  job.work = [&](unsigned slot, std::uint64_t block) {
    auto offset = block * block_bytes;
    digests[slot] = digest_range(fd, path, offset, std::min<std::uint64_t>(block_bytes, bytes - offset), proof);
  };
  job.take = [&](unsigned slot, std::uint64_t) { take(digests[slot]); };
  run_in_order(job);
}

}  // namespace

std::string cheap_checksum(std::string_view bytes) { return hex_of(XXH3_128bits(bytes.data(), bytes.size())); }

std::uint64_t cheap_hash(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

BlockDigest digest_block(std::string_view bytes) { return {sha256(bytes), cheap_checksum(bytes)}; }

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

void FileDigest::chain(const BlockDigest& block) {
  sha_ = sha256(sha_ + block.sha);
  check_ = cheap_checksum(check_ + block.check);
}

void FileDigest::add(std::string_view bytes) {
  bytes_ += bytes.size();
  while (!bytes.empty()) {
    auto part = bytes.substr(0, block_bytes_ - tail_.size());
    bytes.remove_prefix(part.size());
    tail_ += part;
    if (tail_.size() < block_bytes_) continue;
    chain(digest_block(tail_));
    tail_.clear();
  }
}

void FileDigest::add(std::string_view bytes, const BlockDigest& known) {
  if (!tail_.empty() || bytes.size() != block_bytes_) return add(bytes);
  bytes_ += bytes.size();
  chain(known);
}

std::string FileDigest::text() const {
  return fmt::format("{}/{}", tail_.empty() ? sha_ : sha256(sha_ + sha256(tail_)), block_bytes_);
}

Json FileDigest::state() const {
  return {{"bytes", bytes_}, {"block", block_bytes_},     {"sha", sha_},
          {"check", check_}, {"tail_sha", sha256(tail_)}, {"tail_check", cheap_checksum(tail_)}};
}

bool FileDigest::go_on(const Json& state, int fd, const std::filesystem::path& path, Proof proof, unsigned threads) {
  struct stat st {};
  if (::fstat(fd, &st) != 0) throw os_error("stat", path);
  bytes_ = state.at("bytes").get<std::uint64_t>();
  if (static_cast<std::uint64_t>(st.st_size) < bytes_ || state.at("block") != block_bytes_) return false;
  sha_ = state.at("sha").get<std::string>();
  check_ = state.at("check").get<std::string>();
  const auto tail_bytes = bytes_ % block_bytes_;
  tail_.resize(tail_bytes);
  read_at(fd, path, bytes_ - tail_bytes, tail_.data(), tail_bytes);
  std::string sha, check;
  read_blocks(fd, path, bytes_ - tail_bytes, block_bytes_, proof, threads, [&](const BlockDigest& block) {
    if (proof == Proof::sha)
      sha = sha256(sha + block.sha);
    else
      check = cheap_checksum(check + block.check);
  });
  return proof == Proof::sha ? sha == sha_ && sha256(tail_) == state.at("tail_sha")
                             : check == check_ && cheap_checksum(tail_) == state.at("tail_check");
}

std::string file_digest(const std::filesystem::path& path, std::size_t block_bytes, unsigned threads) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw os_error("open", path);
  struct stat st {};
  if (::fstat(fd.get(), &st) != 0) throw os_error("stat", path);
  std::string sha;
  read_blocks(fd.get(), path, static_cast<std::uint64_t>(st.st_size), block_bytes, Proof::sha, threads,
              [&](const BlockDigest& block) { sha = sha256(sha + block.sha); });
  return fmt::format("{}/{}", sha, block_bytes);
}

bool has_digest(const std::filesystem::path& path, const std::string& digest, unsigned threads) {
  std::size_t block_bytes = 0;
  auto slash = digest.find('/');
  if (slash == std::string::npos) return false;
  std::from_chars(digest.data() + slash + 1, digest.data() + digest.size(), block_bytes);
  return block_bytes > 0 && file_digest(path, block_bytes, threads) == digest;
}

}  // namespace dfi::migrations
