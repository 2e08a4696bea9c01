// SPDX-License-Identifier: Apache-2.0
// Releases from an HTTPS repository: a real nginx on loopback.
#include <gmock/gmock.h>
#include <unistd.h>

#include "messages/download.hpp"
#include "messages/release.hpp"
#include "payloads/packer/publish.hpp"
#include "tests/support/product.hpp"

namespace dfi::test {
namespace {

using ::testing::HasSubstr;

struct Repository : ::testing::Test {
  void SetUp() override {
    fs::create_directories(files);
    fs::copy_file(host.release("1.00"), files / "DEMO_100.zip");
    // Large enough to be cut in the middle of it: bytes that no compression makes smaller.
    run({"dd", "if=/dev/urandom", "of=" + (host.source("1.10") / "objects/share/large.bin").string(), "bs=1M",
         "count=3"});
    fs::copy_file(host.release("1.10"), files / "DEMO_110.zip");
    fs::copy_file(host.ptf("HOT1"), files / "HOT1.SAVF");
    packer::publish(files, host.key());
    auto started = nginx({"start", place().string(), files.string()});
    if (started.exit != 0) GTEST_SKIP() << "no nginx here: " << started.err;
    url = started.out.substr(0, started.out.find('\n'));
    configure();
    ASSERT_TRUE(ended(host.dfinstall({"update", "1.00"})));
  }
  void TearDown() override { nginx({"stop", place().string()}); }
  fs::path place() const { return host.directory() / "nginx"; }
  Finished nginx(Words words) const {
    words.insert(words.begin(), std::string(DFI_SOURCES) + "/scripts/peers/nginx");
    return run(words);
  }
  void configure(const std::string& more = "", const std::string& ca = "") {
    write(host.root() / "etc/opt/dfinstall/dfinstall.toml", "repository = \"" + url + "\"\nca_file = \"" +
                                                                (ca.empty() ? (place() / "ca.pem").string() : ca) +
                                                                "\"\n" + more);
  }
  std::string access() const { return read_file(place() / "access.log"); }

  Host host;
  fs::path files = host.directory() / "files";
  std::string url;
};

TEST_F(Repository, OffersReleasesByVersionTheNewestAndPtfsById) {
  EXPECT_EQ(host.status()["version"], "1.00");
  EXPECT_TRUE(ended(host.dfinstall({"update", "9.99"}), 4, msg::version_not_offered));
  ASSERT_TRUE(ended(host.dfinstall({"update"})));
  EXPECT_EQ(host.status()["version"], "1.10");
  ASSERT_TRUE(ended(host.dfinstall({"ptf", "apply", "HOT1"})));
  EXPECT_EQ(host.status()["level"], "1.10+HOT1");
}

TEST_F(Repository, IsNotNeededForAFullAddress) {
  EXPECT_TRUE(ended(host.dfinstall({"update", url + "/DEMO_110.zip"})));
  EXPECT_TRUE(ended(host.dfinstall({"update", "http://127.0.0.1:1/DEMO_110.zip"}), 20, msg::url_not_https));
}

TEST_F(Repository, ADownloadThatWasCutGoesOnWhereItStopped) {
  nginx({"stop", place().string()});  // started anew, no worker still has the old speed
  ASSERT_EQ(nginx({"rate", place().string(), "1000000"}).exit, 0);
  ASSERT_EQ(nginx({"start", place().string(), files.string()}).exit, 0);
  const auto part = host.state("depot/DEMO_110.zip.part");
  Child update(host.words({"update", "1.10"}));
  for (int i = 0; i < 1000 && !(fs::exists(part) && fs::file_size(part) > 500'000); ++i) ::usleep(10'000);
  nginx({"stop", place().string()});
  ASSERT_TRUE(ended(update.wait(), 20, msg::download_failed));
  const auto kept = fs::file_size(part);
  EXPECT_GT(kept, 500'000u);
  nginx({"rate", place().string(), "0"});
  ASSERT_EQ(nginx({"start", place().string(), files.string()}).exit, 0);
  ASSERT_TRUE(ended(host.dfinstall({"update", "1.10"})));
  EXPECT_THAT(access(), HasSubstr("206 "));
  EXPECT_THAT(access(), HasSubstr("bytes=" + std::to_string(kept) + "-"));
  EXPECT_EQ(host.status()["version"], "1.10");
}

TEST_F(Repository, OfAnUnknownAuthorityIsNotTrusted) {
  fs::create_directories(host.directory() / "other");
  run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "3",
       "-subj", "/CN=other", "-keyout", (host.directory() / "other/ca.key").string(), "-out",
       (host.directory() / "other/ca.pem").string()});
  configure("", (host.directory() / "other/ca.pem").string());
  auto finished = host.dfinstall({"update", "1.10"});
  EXPECT_TRUE(ended(finished, 20, msg::download_failed));
  EXPECT_THAT(finished.json()["error"]["text"].get<std::string>(), HasSubstr("certificate"));
}

TEST_F(Repository, IsReachedThroughTheConfiguredProxy) {
  configure("proxy = \"http://127.0.0.1:1\"\n");
  EXPECT_TRUE(ended(host.dfinstall({"update", "1.10"}), 20, msg::download_failed));
}

TEST_F(Repository, WhoseIndexOrFileWasExchangedIsRefused) {
  const auto index = read_file(files / "index.json");
  write(files / "index.json", index + " ");
  EXPECT_TRUE(ended(host.dfinstall({"update", "1.10"}), 21, msg::signature_wrong));
  write(files / "index.json", index);
  const auto good = read_file(files / "DEMO_110.zip");
  auto bytes = good;
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  write(files / "DEMO_110.zip", bytes);
  EXPECT_TRUE(ended(host.dfinstall({"update", "1.10"}), 21, msg::digest_wrong));
  write(files / "DEMO_110.zip", good.substr(0, good.size() - 100));
  EXPECT_TRUE(ended(host.dfinstall({"update", "1.10"}), 23, msg::release_truncated));
  write(files / "DEMO_110.zip", good + "more");
  EXPECT_TRUE(ended(host.dfinstall({"update", "1.10"}), 23, msg::wrong_size));
  write(files / "DEMO_110.zip", good);
  EXPECT_TRUE(ended(host.dfinstall({"update", "1.10"})));
}

TEST_F(Repository, ThatDoesNotAnswerIsNamed) {
  nginx({"stop", place().string()});
  auto finished = host.dfinstall({"update", "1.10"});
  EXPECT_TRUE(ended(finished, 20, msg::download_failed));
  EXPECT_THAT(finished.json()["error"]["args"]["url"].get<std::string>(), HasSubstr("index.json"));
}

}  // namespace
}  // namespace dfi::test
