// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/file_digest.hpp"

#include <fcntl.h>

#include "base/fd.hpp"
#include "tests/migrations/bench.hpp"

namespace dfi::migrations {
namespace {

constexpr std::size_t block = 1000;
const std::atomic<bool> running{false}, stopped{true};

class FileDigests : public testing::Test {
 protected:
  FileDigest digest_of(std::string_view bytes) const {
    FileDigest digest(block);
    digest.add(bytes);
    return digest;
  }
  std::optional<FileClaim> go_on(FileDigest& digest, const Json& state) { return digest.go_on(state, fd.get(), path); }
  void change(std::size_t at) {
    content[at] ^= 1;
    durable::write_file(path, content);
    fd = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  }

  Bench bench;
  std::string content = std::string(9'000'123, 'x');
  fs::path path = bench.write("FAXKA", content);
  Fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
};

TEST_F(FileDigests, AreTheSameHoweverTheyAreMade) {
  EXPECT_EQ(file_digest(path, block, 1), digest_of(content).text());
  EXPECT_EQ(file_digest(path, block, 3), digest_of(content).text());
  FileDigest later(block);
  ASSERT_TRUE(go_on(later, digest_of(content.substr(0, 5'000'123)).state()));
  later.add(std::string_view(content).substr(5'000'123));
  EXPECT_EQ(later.text(), digest_of(content).text());
}

TEST_F(FileDigests, ClaimWhatTheWholeBlocksAre) {
  const auto state = digest_of(content.substr(0, 5'000'123)).state();
  FileDigest digest(block);
  auto claim = go_on(digest, state);
  ASSERT_TRUE(claim);
  EXPECT_TRUE(holds(*claim, 2, running));
  EXPECT_FALSE(holds(*claim, 2, stopped));
  change(8'000'000);
  ASSERT_TRUE(claim = go_on(digest, state)) << "what comes behind may change";
  EXPECT_TRUE(holds(*claim, 2, running));
  change(17);
  ASSERT_TRUE(claim = go_on(digest, state));
  EXPECT_FALSE(holds(*claim, 2, running));
  change(17);
  change(5'000'122);
  EXPECT_FALSE(go_on(digest, state)) << "the last bytes are looked at at once";
}

TEST_F(FileDigests, CarryAFalseClaimOn) {
  const auto state = digest_of(content.substr(0, 3'000'000)).state();
  change(17);
  FileDigest digest(block), later(block);
  ASSERT_TRUE(go_on(digest, state));
  digest.add(std::string_view(content).substr(3'000'000, 2'000'000));
  const auto claim = go_on(later, digest.state());
  ASSERT_TRUE(claim);
  EXPECT_FALSE(holds(*claim, 2, running));
}

TEST_F(FileDigests, OfAFileThatWasCutAreAnError) {
  FileDigest digest(block);
  const auto claim = go_on(digest, digest_of(content).state());
  ASSERT_TRUE(claim);
  fs::resize_file(path, 4'000'000);
  const auto error = error_of([&] { holds(*claim, 2, running); });
  EXPECT_EQ(error.arg("operation"), "read");
  EXPECT_EQ(error.arg("path"), path.string());
}

}  // namespace
}  // namespace dfi::migrations
