// SPDX-License-Identifier: Apache-2.0
// What people put beside or into the product: own and changed objects are rescued and can be put back, host objects
// that were changed are never overwritten.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>

#include "base/file.hpp"
#include "messages/general.hpp"
#include "messages/rescued.hpp"
#include "messages/step.hpp"
#include "tests/support/product.hpp"

namespace dfi::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Rescued : ::testing::Test {
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(host.install_100());
    const auto tree = fs::canonical(host.current());
    write(tree / "share/mine.txt", "mine\n");
    ::chmod((tree / "share/mine.txt").c_str(), 0640);
    fs::create_symlink("mine.txt", tree / "share/link");
    write(tree / "share/limits.txt", "changed\n");
    ASSERT_TRUE(ended(host.dfinstall({"update", host.release("1.10").string()})));
  }
  Finished restore(Words more) const {
    more.insert(more.begin(), {"rescued", "restore"});
    return host.dfinstall(more);
  }
  Host host;
};

TEST_F(Rescued, AreListedWithTheirState) {
  const auto list = host.dfinstall({"rescued", "list"}).json()["rescued"];
  ASSERT_EQ(list.size(), 3u) << list.dump();
  for (const auto& one : list) {
    const bool changed = one["object"] == "share/limits.txt";
    EXPECT_EQ(one["state"], changed ? "modified" : "foreign");
    EXPECT_EQ(one["now"], changed ? "other" : "absent");
    EXPECT_EQ(one["run"], 2);
  }
  EXPECT_THAT(host.text({"rescued", "list", "--lang", "de"}).out, ::testing::HasSubstr("geändert"));
}

TEST_F(Rescued, ComeBackWithModeAndAsLinks) {
  ASSERT_TRUE(ended(restore({"share/mine.txt"})));
  ASSERT_TRUE(ended(restore({"share/link"})));
  struct stat facts {};
  ASSERT_EQ(::stat((host.current() / "share/mine.txt").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777u, 0640u);
  EXPECT_EQ(read_file(host.current() / "share/link"), "mine\n");
  EXPECT_EQ(fs::read_symlink(host.current() / "share/link"), "mine.txt");
  EXPECT_TRUE(ended(restore({"share/mine.txt"}))) << "already so";
  const auto listed = host.dfinstall({"rescued", "list"}).json();
  ASSERT_FALSE(listed["rescued"].empty());
  for (const auto& one : listed["rescued"])
    EXPECT_EQ(one["now"], one["state"] == "foreign" ? "same" : "other") << one.dump();
}

TEST_F(Rescued, ReplaceADeliveredObjectOnlyIfThatIsConfirmed) {
  EXPECT_TRUE(ended(restore({"share/limits.txt"}), 11, msg::rescued_in_the_way));
  EXPECT_EQ(read_file(host.current() / "share/limits.txt"), "limit 10 of 1.10\n");
  ASSERT_TRUE(ended(restore({"share/limits.txt", "--yes"})));
  EXPECT_EQ(read_file(host.current() / "share/limits.txt"), "changed\n");
}

TEST_F(Rescued, GoWhereTheyAreSent) {
  const auto place = host.directory() / "elsewhere/limits";
  ASSERT_TRUE(ended(restore({"share/limits.txt", "--run", "2", "--to", place.string()})));
  EXPECT_EQ(read_file(place), "changed\n");
  EXPECT_EQ(read_file(host.current() / "share/limits.txt"), "limit 10 of 1.10\n");
}

TEST_F(Rescued, ThatAreUnknownAreRefused) {
  EXPECT_TRUE(ended(restore({"share/other.txt"}), 4, msg::rescued_unknown));
  EXPECT_TRUE(ended(restore({"share/mine.txt", "--run", "1"}), 4, msg::rescued_unknown));
}

TEST(RescuedNothing, IsSaid) {
  Host host;
  host.install_100();
  EXPECT_THAT(host.text({"rescued", "list"}).out, HasSubstr("Nothing was rescued"));
}

struct HostObjects : ::testing::Test {
  void SetUp() override {
    for (const char* version : {"1.00", "1.10"}) {
      const auto objects = host.source(version) / "objects/lib/host/etc/demo";
      write(objects / "untouched.conf", std::string("of ") + version + "\n");
      write(objects / "changed.conf", std::string("of ") + version + "\n");
      write(objects / "constant.conf", "always\n");
    }
    ASSERT_NO_FATAL_FAILURE(host.install_100());
    write(etc("changed.conf"), "by hand\n");
    write(etc("constant.conf"), "by hand\n");
    ::chmod(etc("untouched.conf").c_str(), 0600);
  }
  fs::path etc(const std::string& name) const { return host.root() / "etc/demo" / name; }
  Finished update() { return host.dfinstall({"update", host.release("1.10").string()}); }
  Host host;
};

TEST_F(HostObjects, FollowTheReleaseOnlyWhereNobodyChangedThem) {
  ASSERT_TRUE(ended(update()));
  EXPECT_EQ(read_file(etc("untouched.conf")), "of 1.10\n");
  struct stat facts {};
  ASSERT_EQ(::stat(etc("untouched.conf").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777u, 0600u) << "the mode is the administrator's";
  EXPECT_EQ(read_file(etc("changed.conf")), "by hand\n");
  EXPECT_EQ(read_file(etc("changed.conf.dfnew")), "of 1.10\n");
  EXPECT_EQ(read_file(etc("constant.conf")), "by hand\n");
  EXPECT_FALSE(fs::exists(etc("constant.conf.dfnew"))) << "the default is what it was";
  EXPECT_FALSE(fs::exists(etc("untouched.conf.dfnew")));
  EXPECT_THAT(host.log_names(), HasSubstr("host_object_kept"));
}

TEST_F(HostObjects, AreBackIfTheNewReleaseFails) {
  write(host.source("1.10") / "objects/share/behaviour.txt", "fail-selftest\n");
  ASSERT_TRUE(ended(update(), 33, msg::selftest_failed));
  EXPECT_EQ(read_file(etc("untouched.conf")), "of 1.00\n");
  EXPECT_EQ(read_file(etc("changed.conf")), "by hand\n");
  EXPECT_FALSE(fs::exists(etc("changed.conf.dfnew")));
}

TEST_F(HostObjects, FollowTheUpdateBackToo) {
  ASSERT_TRUE(ended(update()));
  ASSERT_TRUE(ended(host.dfinstall({"rollback"})));
  EXPECT_EQ(read_file(etc("untouched.conf")), "of 1.00\n");
  EXPECT_EQ(read_file(etc("changed.conf")), "by hand\n");
  EXPECT_EQ(read_file(etc("constant.conf")), "by hand\n");
}

TEST_F(HostObjects, AreBackIfTheUpdateDiesWhileItReplacesThem) {
  Child running(host.words({"update", host.release("1.10").string()}, DFI_CRASH_PROGRAM),
                {"DFI_PAUSE_AT=changed.conf.dfnew"});
  ASSERT_TRUE(running.stopped());
  EXPECT_EQ(read_file(etc("untouched.conf")), "of 1.10\n");
  running.kill(SIGKILL);
  running.wait();
  ASSERT_TRUE(ended(host.dfinstall({"rollback"})));
  EXPECT_EQ(read_file(etc("untouched.conf")), "of 1.00\n");
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
}

}  // namespace
}  // namespace dfi::test
