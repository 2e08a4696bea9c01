// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/file_pages.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "tests/migrations/bench.hpp"
#include "tests/migrations/record_bench.hpp"

namespace dfi::migrations {
namespace {

class FilePages : public testing::Test {
 protected:
  bool see(std::uint64_t offset, std::size_t length, const std::function<void(std::string_view)>& take) {
    return see_pages(fd.get(), offset, length, take);
  }
  std::string bytes(std::uint64_t offset, std::size_t length) {
    std::string seen = "not called";
    EXPECT_TRUE(see(offset, length, [&](std::string_view some) { seen = some; }));
    return seen;
  }
  static void must_not_see(std::string_view some) { ADD_FAILURE() << "saw " << some.size() << " bytes"; }

  Bench bench;
  std::string content = records1(1000);
  fs::path path = bench.write("FAXKA", content);
  Fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
};

TEST_F(FilePages, AreSeenFromAnyByteToAnyByte) {
  EXPECT_EQ(bytes(0, content.size()), content);
  EXPECT_EQ(bytes(4103, 20'000), content.substr(4103, 20'000));
  EXPECT_EQ(bytes(content.size() - 3, 3), content.substr(content.size() - 3));
}

TEST_F(FilePages, BehindTheEndAreNotSeen) { EXPECT_FALSE(see(content.size() / 2, content.size(), must_not_see)); }

TEST_F(FilePages, LostMeanwhileAreZerosAndNotBelieved) {
  std::string seen;
  EXPECT_FALSE(see(0, content.size(), [&](std::string_view some) {
    fs::resize_file(path, 100);
    seen = some;
  }));
  EXPECT_EQ(seen.substr(0, 100), content.substr(0, 100)) << "what was left";
  EXPECT_EQ(seen.find_first_not_of('\0', 100), std::string::npos) << "the rest";
  EXPECT_FALSE(see(0, content.size(), must_not_see)) << "nor the next time";
  EXPECT_EQ(bytes(0, 100), content.substr(0, 100));
}

TEST_F(FilePages, OfWhatIsNoFileAreNotSeen) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const Fd out(ends[0]), in(ends[1]);
  EXPECT_FALSE(see_pages(out.get(), 0, 1, must_not_see));
}

TEST_F(FilePages, LeaveOtherBusErrorsToTheSystem) {
  const auto end_of = [&](const std::function<void()>& work) {
    const auto status = in_child([&] { EXPECT_TRUE(see(0, content.size(), [&](std::string_view) { work(); })); });
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  };
  const auto touch_a_lost_page = [&] {
    auto* const other = static_cast<char*>(::mmap(nullptr, 1, PROT_READ, MAP_SHARED, fd.get(), 0));
    fs::resize_file(path, 0);
    ::_exit(*static_cast<volatile char*>(other));
  };
  EXPECT_EQ(end_of([] { ::raise(SIGBUS); }), SIGBUS);
  EXPECT_EQ(end_of(touch_a_lost_page), SIGBUS);
}

}  // namespace
}  // namespace dfi::migrations
