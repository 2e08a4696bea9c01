// SPDX-License-Identifier: Apache-2.0
#include "base/file.hpp"
#include "messages/backup.hpp"
#include "messages/general.hpp"
#include "messages/release.hpp"
#include "messages/run.hpp"
#include "messages/step.hpp"
#include "tests/support/product.hpp"

namespace dfi::test {
namespace {

TEST(FirstInstallation, CreatesProductDataAndServicesFromARelease) {
  Host host;
  auto finished = host.dfinstall({"update", host.release("1.00").string()});
  ASSERT_TRUE(ended(finished));
  EXPECT_EQ(finished.json().value("ending", ""), "done");
  auto status = host.status();
  EXPECT_EQ(status["product"], "demoprod");
  EXPECT_EQ(status["version"], "1.00");
  EXPECT_EQ(status["unfinished_run"], nullptr);
  EXPECT_EQ(status["gate"], nullptr);
  for (const auto& file : status["data_files"]) EXPECT_EQ(file["level"], "1") << file;
  for (const char* service : {"demod", "demomon"}) EXPECT_NE(host.service_pid(service), 0) << service;
  EXPECT_EQ(fs::file_size(host.data("DEMOAREA")), 100u);
  EXPECT_TRUE(fs::is_directory(host.root() / "srv/demo"));
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
  EXPECT_TRUE(ended(host.tool({"selftest"})));
  EXPECT_TRUE(ended(host.tool({"add", "a job"})));
}

TEST(FirstInstallation, IsNotBoundToTheNameOfAProduct) {
  Host host("otherprod");
  ASSERT_TRUE(ended(host.dfinstall({"update", host.release("1.00").string()})));
  EXPECT_EQ(host.status()["product"], "otherprod");
  EXPECT_TRUE(fs::exists(host.root() / "var/opt/otherprod/DEMOJOBS"));
}

TEST(FirstInstallation, TakesDataFilesThatAreThereAlready) {
  Host host;
  write(host.data("DEMOAREA"), std::string(99, ' ') + "X");
  ASSERT_TRUE(ended(host.dfinstall({"update", host.release("1.00").string()})));
  EXPECT_EQ(read_file(host.data("DEMOAREA")).back(), 'X');
}

TEST(FirstInstallation, SavesTheDataThatItTakesOver) {
  Host host;
  ASSERT_NO_FATAL_FAILURE(host.install_100());
  ASSERT_TRUE(ended(host.dfinstall({"uninstall", "--yes"})));
  const auto old = dump(host.data("DEMOLOG"));
  const auto config = read_file(host.config("demo.toml"));
  ASSERT_TRUE(ended(host.dfinstall({"update", host.release("1.10").string()})));
  EXPECT_NE(dump(host.data("DEMOLOG")), old);
  const auto backup = host.dfinstall({"backup", "list"}).json()["backups"].front();
  EXPECT_EQ(backup["level"], "");
  EXPECT_NE(backup["drill"], nullptr);
  EXPECT_EQ(backup["drill"]["selftest"], nullptr) << "there was no release to ask";
  const auto id = backup["id"].get<std::string>();
  EXPECT_TRUE(ended(host.dfinstall({"backup", "verify", id})));
  const auto refused = host.dfinstall({"backup", "restore", id});
  EXPECT_TRUE(ended(refused, 6, msg::backup_data_only));
  // As the message says.
  const auto place = host.directory() / "unpacked";
  fs::create_directories(place);
  const auto archive = refused.json()["error"]["args"]["archive"].get<std::string>();
  EXPECT_EQ(run({"tar", "--zstd", "-xpf", archive, "-C", place.string()}).exit, 0);
  EXPECT_EQ(dump(place / "var/opt/demoprod/DEMOLOG"), old);
  EXPECT_EQ(read_file(place / "etc/opt/demoprod/demo.toml"), config);
}

TEST(FirstInstallation, ThatFailsLeavesNothingOfTheProduct) {
  Host host;
  write(host.source("1.00") / "objects/share/behaviour.txt", "fail-selftest\n");
  EXPECT_TRUE(ended(host.dfinstall({"update", host.release("1.00").string()}), 33, msg::selftest_failed));
  EXPECT_EQ(difference({}, host.state_now()), "");
  EXPECT_EQ(left_overs(host.root(), host.product()), "");
  EXPECT_EQ(host.status()["version"], nullptr);
  // The next try begins as if there had been none.
  write(host.source("1.00") / "objects/share/behaviour.txt", "well\n");
  EXPECT_TRUE(ended(host.dfinstall({"update", host.release("1.00").string()})));
}

TEST(FirstInstallation, NeedsAProductForEveryOtherVerb) {
  Host host;
  for (const Words& verb :
       {Words{"status"}, Words{"check"}, Words{"backup", "create"}, Words{"ptf", "apply", "TMSHOTPTF"},
        Words{"ptf", "list"}, Words{"start"}, Words{"stop"}, Words{"locks"}})
    EXPECT_TRUE(ended(host.dfinstall(verb), 6, msg::product_unknown)) << verb.front();
}

TEST(FirstInstallation, SaysWhatIsMissingIfThereIsNoSuchRelease) {
  Host host;
  ASSERT_NO_FATAL_FAILURE(host.install_100());
  EXPECT_TRUE(ended(host.dfinstall({"update", "/nowhere/at/all.zip"}), 4, msg::path_missing));
  EXPECT_TRUE(ended(host.dfinstall({"update", "9.99"}), 3, msg::repository_missing));
  EXPECT_TRUE(ended(host.dfinstall({"update"}), 3, msg::repository_missing));
}

}  // namespace
}  // namespace dfi::test
