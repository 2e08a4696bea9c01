// SPDX-License-Identifier: Apache-2.0
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
