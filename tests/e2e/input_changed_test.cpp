// SPDX-License-Identifier: Apache-2.0
// Somebody works on a data file while it is being converted, or while the run is suspended: what he did is never lost.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>

#include "base/file.hpp"
#include "messages/record_pass.hpp"
#include "messages/step.hpp"
#include "tests/support/records.hpp"

namespace dfi::test {
namespace {

struct InputChanged : ::testing::Test {
  void SetUp() override {
    add_records(host);
    ASSERT_NO_FATAL_FAILURE(host.install_100());
  }
  Finished update() { return host.dfinstall({"update", host.release("1.10").string()}); }
  static ino_t inode(const fs::path& path) {
    struct stat facts {};
    ::stat(path.c_str(), &facts);
    return facts.st_ino;
  }
  Host host;
};

TEST_F(InputChanged, WhileItIsReadEndsTheConversion) {
  fill_records(host, 1000);
  const auto records = read_file(host.data("DEMORECS"));
  auto argv = host.words({"update", host.release("1.10").string()}, DFI_CRASH_PROGRAM);
  Child update(argv, {"DFI_PAUSE_AT=.dfinstall/2/DEMORECS"});  // the size of the input is known, its shadow is made
  ASSERT_TRUE(update.stopped());
  write(host.data("DEMORECS"), records + records.substr(0, records.size() / 1000));
  update.kill(SIGCONT);
  ASSERT_TRUE(ended(update.wait(), 30, msg::changed_meanwhile));
  ASSERT_TRUE(ended(host.dfinstall({"rollback"})));
  EXPECT_EQ(fs::file_size(host.data("DEMORECS")), records.size() / 1000 * 1001);
}

TEST_F(InputChanged, ByAFileThatCameMeanwhileIsNotOverwrittenByAnEmptyOne) {
  add_new_file(host);
  fill_records(host, 1000, {700});
  ASSERT_TRUE(ended(update(), 30, msg::record_refused));
  write(host.data("DEMONEW"), "");
  host.execute("DEMONEW",
               "CREATE TABLE NEWS(NWID INTEGER PRIMARY KEY); INSERT INTO NEWS VALUES(1); PRAGMA user_version = 1");
  put_record(host.data("DEMORECS"), 700, old_record(700));
  ASSERT_TRUE(ended(host.dfinstall({"resume"}), 30, msg::shadow_changed));
  ASSERT_TRUE(ended(host.dfinstall({"rollback"})));
  EXPECT_EQ(host.query("DEMONEW", "SELECT count(*) FROM NEWS"), "1");
}

TEST_F(InputChanged, ByALinkThatBecameAFileOfItsOwnLeavesThatFileAlone) {
  fill_records(host, 1000, {700});
  fs::create_hard_link(host.data("DEMORECS"), host.data("ALIAS"));
  ASSERT_TRUE(ended(update(), 30, msg::record_refused));
  fs::remove(host.data("ALIAS"));
  write(host.data("ALIAS"), "mine");
  put_record(host.data("DEMORECS"), 700, old_record(700));
  ASSERT_TRUE(ended(host.dfinstall({"resume"})));
  EXPECT_EQ(read_file(host.data("ALIAS")), "mine");
}

TEST_F(InputChanged, ByFeedingRecordsChangesTheFurtherNamesToo) {
  fill_records(host, 1000, {700});
  fs::create_hard_link(host.data("DEMORECS"), host.data("ALIAS"));
  ASSERT_TRUE(
      ended(host.dfinstall({"update", host.release("1.10").string(), "--on-error", "reject", "--max-rejects", "1"})));
  ASSERT_EQ(inode(host.data("ALIAS")), inode(host.data("DEMORECS")));
  fs::path rejects;
  for (const auto& entry : fs::recursive_directory_iterator(host.state("rejects")))
    if (entry.path().extension() == ".rejects") rejects = entry.path();
  write(rejects, old_record(700));
  ASSERT_TRUE(ended(host.dfinstall({"convert", "--rejects", rejects.string()})));
  EXPECT_EQ(inode(host.data("ALIAS")), inode(host.data("DEMORECS")));
  EXPECT_EQ(fs::file_size(host.data("ALIAS")), 1000 * new_length);
}

}  // namespace
}  // namespace dfi::test
