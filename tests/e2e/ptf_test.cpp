// SPDX-License-Identifier: Apache-2.0
#include "messages/ptf.hpp"

#include <gmock/gmock.h>

#include "messages/archive.hpp"
#include "messages/release.hpp"
#include "messages/system.hpp"
#include "tests/support/product.hpp"

namespace dfi::test {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

struct Ptf : ::testing::Test {
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(host.install_110()); }
  Finished apply(const std::string& what) { return host.dfinstall({"ptf", "apply", what}); }
  Finished remove(const std::string& what) { return host.dfinstall({"ptf", "remove", what}); }
  std::string limits() { return read_file(host.current() / "share/limits.txt"); }
  Json ptfs() { return host.dfinstall({"ptf", "list"}).json()["ptfs"]; }
  Host host;
};

TEST_F(Ptf, IsAppliedByPathIdAndAlias) {
  const auto file = host.ptf("HOT1");
  const auto before = host.state_now();
  for (const auto& name :
       {file.string(), std::string("HOT1"), std::string("hot1"), std::string("ALIASHOT1"), std::string("HOT1.SAVF")}) {
    ASSERT_TRUE(ended(apply(name))) << name;
    EXPECT_EQ(limits(), "limit 20\n");
    EXPECT_EQ(host.status()["level"], "1.10+HOT1");
    ASSERT_TRUE(ended(remove("HOT1"))) << name;
    auto now = host.state_now();
    for (auto entry = now.begin(); entry != now.end();)
      entry = entry->first.rfind("saved/", 0) == 0 ? now.erase(entry) : std::next(entry);
    EXPECT_EQ(difference(before, now), "") << "every object is again what it was";
  }
  EXPECT_EQ(host.status()["level"], "1.10");
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
}

TEST_F(Ptf, ComesByTheNameOfItsSaveFileOutOfTheRelease) {
  Host other;
  ASSERT_NO_FATAL_FAILURE(other.install_100());
  const auto release = other.release("1.10", other.ptf("HOT1"));
  ASSERT_TRUE(ended(other.dfinstall({"update", release.string()})));
  EXPECT_TRUE(ended(other.dfinstall({"update", release.string()}), 17));
  ASSERT_TRUE(ended(other.dfinstall({"ptf", "apply", "TMSHOTPTF"})));
  EXPECT_EQ(other.status()["level"], "1.10+HOT1");
}

TEST_F(Ptf, GivenAsAFileIsThatFileWhateverTheDepotHolds) {
  ASSERT_TRUE(ended(apply(host.ptf("HOT1").string())));
  // Both came as TMSHOTPTF.SAVF: the name in their manifests is the same.
  ASSERT_TRUE(ended(apply(host.ptf("HOT2", "share/same.txt", "no longer\n").string())));
  EXPECT_EQ(host.status()["level"], "1.10+HOT1+HOT2");
}

TEST_F(Ptf, KeepsWhatTheUserPutIntoTheProductTree) {
  write(fs::canonical(host.current()) / "share/own.txt", "mine\n");
  ASSERT_TRUE(ended(apply(host.ptf("HOT1").string())));
  bool rescued = false;
  for (const auto& entry : fs::recursive_directory_iterator(host.state("rescued")))
    rescued |= entry.path().filename() == "own.txt" && read_file(entry.path()) == "mine\n";
  EXPECT_TRUE(rescued);
}

TEST_F(Ptf, NeedsTheReleaseItWasMadeFor) {
  Host old;
  ASSERT_NO_FATAL_FAILURE(old.install_100());
  const auto before = old.state_now();
  EXPECT_TRUE(ended(old.dfinstall({"ptf", "apply", old.ptf("HOT1").string()}), 26, msg::ptf_prerequisite));
  EXPECT_EQ(difference(before, old.state_now()), "");
}

TEST_F(Ptf, NeverReplacesAnObjectItDoesNotKnow) {
  const auto file = host.ptf("HOT1");
  write(fs::canonical(host.current()) / "share/limits.txt", "changed here\n");
  auto finished = apply(file.string());
  EXPECT_TRUE(ended(finished, 25, msg::ptf_pre_image));
  EXPECT_EQ(finished.json()["error"]["args"]["object"], "share/limits.txt");
  EXPECT_EQ(limits(), "changed here\n");
}

TEST_F(Ptf, ThatIsDamagedChangesNothing) {
  const auto file = host.ptf("HOT1");
  const auto good = read_file(file);
  const auto before = host.state_now();
  for (const auto at : {good.size() / 3, good.size() / 2, good.size() - 20}) {
    auto bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ 4);
    write(file, bytes);
    const auto exit = apply(file.string()).exit;
    EXPECT_TRUE(exit == 21 || exit == 23) << "byte " << at << ": " << exit;
  }
  write(file, good.substr(0, good.size() / 2));
  EXPECT_TRUE(ended(apply(file.string()), 23, msg::archive_truncated));
  Host stranger;
  stranger.install_110();
  EXPECT_TRUE(ended(apply(stranger.ptf("HOT1").string()), 21, msg::foreign_key));
  EXPECT_TRUE(ended(apply(host.release("1.10").string()), 23));
  EXPECT_TRUE(ended(apply("HOTNOTHING"), 4, msg::ptf_not_found));
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_TRUE(ptfs().empty());
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
}

TEST_F(Ptf, SavesWhatItReplacesUnderANewNameEachTime) {
  ASSERT_TRUE(ended(apply(host.ptf("HOT1").string())));
  ASSERT_TRUE(ended(apply(host.ptf("HOT2", "share/same.txt", "no longer\n").string())));
  auto list = ptfs();
  ASSERT_EQ(list.size(), 2u);
  const auto first = list[0]["saved"].get<std::string>(), second = list[1]["saved"].get<std::string>();
  EXPECT_THAT(first, MatchesRegex("PTF[0-9]{6}\\.SAVF"));
  EXPECT_THAT(second, MatchesRegex("PTF[0-9]{6}-2\\.SAVF"));
  EXPECT_TRUE(fs::exists(host.saved(first)) && fs::exists(host.saved(second)));
}

TEST_F(Ptf, IsRemovedOnlyInTheRightOrder) {
  ASSERT_TRUE(ended(apply(host.ptf("HOT1").string())));
  write(host.source("1.10") / "objects/share/limits.txt", "limit 20\n");
  host.release("1.10");
  ASSERT_TRUE(ended(apply(host.ptf("HOT2", "share/limits.txt", "limit 30\n").string())));
  EXPECT_TRUE(ended(remove("HOT1"), 28, msg::ptf_not_removable));
  EXPECT_EQ(limits(), "limit 30\n");
  ASSERT_TRUE(ended(remove("HOT2")));
  EXPECT_EQ(limits(), "limit 20\n");
  ASSERT_TRUE(ended(remove("HOT1")));
  EXPECT_EQ(limits(), "limit 10 of 1.10\n");
  EXPECT_TRUE(ended(remove("HOT1"), 4, msg::ptf_not_applied));
}

TEST_F(Ptf, WhoseSavedObjectsAreGoneOrDamagedStays) {
  ASSERT_TRUE(ended(apply(host.ptf("HOT1").string())));
  const auto archive = host.saved(ptfs()[0]["saved"]);
  const auto good = read_file(archive);
  auto bytes = good;
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  write(archive, bytes);
  EXPECT_NE(remove("HOT1").exit, 0);
  EXPECT_EQ(host.status()["level"], "1.10+HOT1");
  fs::remove(archive);
  EXPECT_TRUE(ended(remove("HOT1"), 28, msg::ptf_not_removable));
  write(archive, good);
  EXPECT_TRUE(ended(remove("HOT1")));
}

TEST_F(Ptf, ThatBringsANewObjectTakesItAwayAgain) {
  ASSERT_TRUE(ended(apply(host.ptf("HOT1", "share/extra.txt", "extra\n").string())));
  EXPECT_EQ(read_file(host.current() / "share/extra.txt"), "extra\n");
  ASSERT_TRUE(ended(remove("HOT1")));
  EXPECT_FALSE(fs::exists(host.current() / "share/extra.txt"));
}

TEST_F(Ptf, AppliedTwiceSaysSoAndChangesNothing) {
  const auto file = host.ptf("HOT1");
  ASSERT_TRUE(ended(apply(file.string())));
  const auto before = host.state_now();
  auto finished = apply(file.string());
  EXPECT_EQ(finished.exit, 0) << finished.out;
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_EQ(ptfs().size(), 1u);
}

TEST_F(Ptf, RestartsOnlyTheServicesThatUseAReplacedObject) {
  const auto main_pid = host.service_pid("demod"), monitor_pid = host.service_pid("demomon");
  ASSERT_TRUE(ended(apply(host.ptf("HOT1").string())));
  EXPECT_NE(host.service_pid("demod"), main_pid);
  EXPECT_NE(host.service_pid("demod"), 0);
  EXPECT_EQ(host.service_pid("demomon"), monitor_pid);
  EXPECT_TRUE(ended(host.tool({"add", "works"})));
}

TEST_F(Ptf, ThatDoesNotStartGoesBackByItself) {
  const auto before = host.state_now();
  const auto monitor_pid = host.service_pid("demomon");
  auto finished = apply(host.ptf("HOT1", "bin/demod", "#!/bin/sh\necho part 7 is missing; exit 3\n").string());
  EXPECT_TRUE(ended(finished, 33, msg::service_not_started));
  EXPECT_EQ(difference(before, host.state_now()), "");
  EXPECT_NE(host.service_pid("demod"), 0);
  EXPECT_EQ(host.service_pid("demomon"), monitor_pid);
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
}

TEST_F(Ptf, SavedObjectsSurviveTheNextUpdate) {
  ASSERT_TRUE(ended(apply(host.ptf("HOT1").string())));
  const auto saved = ptfs()[0]["saved"].get<std::string>();
  make_source(host.directory() / "vendor/1.20", host.product(), "1.10");
  replace_in(host.source("1.20") / "product.toml", "version = \"1.10\"", "version = \"1.20\"");
  ASSERT_TRUE(ended(host.dfinstall({"update", host.release("1.20").string()})));
  EXPECT_EQ(host.status()["level"], "1.20");
  EXPECT_TRUE(ptfs().empty());
  EXPECT_TRUE(fs::exists(host.saved(saved)));
}

TEST_F(Ptf, IsShownBeforeItIsApplied) {
  auto shown = host.dfinstall({"ptf", "show", host.ptf("HOT1").string()});
  ASSERT_TRUE(ended(shown));
  EXPECT_THAT(shown.out, HasSubstr("share/limits.txt"));
  EXPECT_THAT(host.text({"ptf", "show", host.ptf("HOT1").string(), "--lang", "de"}).out, HasSubstr("Korrektur"));
}

}  // namespace
}  // namespace dfi::test
