// SPDX-License-Identifier: Apache-2.0
#include "payloads/packer/publish.hpp"

#include "base/hash.hpp"
#include "tests/packer/workshop.hpp"

namespace dfi::packer {
namespace {

class Publish : public Workshop {
 protected:
  Publish() { fs::create_directory(repository_); }
  void fill() {
    replace(source_ / "product.toml", "2.00", "10.00");
    make_release(repository_ / "A_1000.zip");
    replace(source_ / "product.toml", "10.00", "2.00");
    make_release(repository_ / "B_200.ZIP");
    replace(source_ / "objects/share/limits.json", "1.0", "1.2");
    make_ptf(repository_ / "B_200.ZIP", repository_ / "tmshotptf.savf");
  }
  std::string publishing() {
    return failure([&] { publish(repository_, key_); });
  }
  fs::path repository_ = root_ / "repository";
};

TEST_F(Publish, WritesAnIndexThatTheTrustedKeyVerifies) {
  fill();
  publish(repository_, key_);
  auto text = read_file(repository_ / "index.json");
  trusted().verify(text, read_file(repository_ / "index.json.sig"), "index.json");
  auto index = parse_json(text, "index.json");
  EXPECT_EQ(index["schema"], "dfinstall-index/1");
  EXPECT_EQ(index["product"], "mini");
  ASSERT_EQ(index["releases"].size(), 2u);
  EXPECT_EQ(index["releases"][0]["version"], "2.00") << "oldest first, by number";
  EXPECT_EQ(index["releases"][1]["version"], "10.00");
  auto file = repository_ / "B_200.ZIP";
  EXPECT_EQ(index["releases"][0], (Json{{"version", "2.00"},
                                        {"ptf_level", 0},
                                        {"file", "B_200.ZIP"},
                                        {"size", fs::file_size(file)},
                                        {"sha256", sha256_file(file)},
                                        {"released", "2020-01-02"}}));
  ASSERT_EQ(index["ptfs"].size(), 1u);
  EXPECT_EQ(index["ptfs"][0]["id"], "HOT1");
  EXPECT_EQ(index["ptfs"][0]["file"], "tmshotptf.savf");
  EXPECT_EQ(index["ptfs"][0]["applies_to"], Json::array({"2.00"}));
}

TEST_F(Publish, GivesTheSameIndexAgain) {
  fill();
  publish(repository_, key_);
  auto first = read_file(repository_ / "index.json") + read_file(repository_ / "index.json.sig");
  publish(repository_, key_);
  EXPECT_EQ(read_file(repository_ / "index.json") + read_file(repository_ / "index.json.sig"), first);
}

TEST_F(Publish, RefusesADamagedRelease) {
  fill();
  auto bytes = read_file(repository_ / "B_200.ZIP");
  bytes[bytes.find("TMSSAVF2.SAVF") - 100] ^= 1;
  write(repository_ / "B_200.ZIP", bytes);
  EXPECT_NE(publishing(), "");
  EXPECT_FALSE(fs::exists(repository_ / "index.json"));
}

TEST_F(Publish, RefusesADamagedPtf) {
  fill();
  auto bytes = read_file(repository_ / "tmshotptf.savf");
  write(repository_ / "tmshotptf.savf", bytes.substr(0, bytes.size() - 10));
  EXPECT_EQ(publishing(), "archive_truncated");
}

TEST_F(Publish, RefusesTheSameReleaseOrPtfTwice) {
  fill();
  fs::copy_file(repository_ / "B_200.ZIP", repository_ / "copy.zip");
  EXPECT_EQ(publishing(), "pack_published_twice");
  fs::remove(repository_ / "copy.zip");
  fs::copy_file(repository_ / "tmshotptf.savf", repository_ / "copy.SAVF");
  EXPECT_EQ(publishing(), "pack_published_twice");
}

TEST_F(Publish, RefusesFilesOfTwoProductsAndOfOtherVendors) {
  fill();
  replace(source_ / "product.toml", "product = \"mini\"", "product = \"maxi\"");
  make_release(repository_ / "maxi.zip");
  EXPECT_EQ(publishing(), "wrong_product");
  generate_keys(root_ / "other.key", root_ / "other.pem");
  EXPECT_EQ(failure([&] { publish(repository_, root_ / "other.key"); }), "foreign_key");
}

TEST_F(Publish, LeavesOutSaveFilesThatAreNoPtf) {
  fill();
  write(repository_ / "TMSSAVF1.SAVF",
        ZipReader::open(repository_ / "B_200.ZIP").read_member("TMSSAVF1.SAVF", 1 << 24));
  EXPECT_EQ(publish(repository_, key_)["ptfs"].size(), 1u);
}

TEST_F(Publish, RefusesAnEmptyRepository) { EXPECT_EQ(publishing(), "pack_nothing_to_publish"); }

}  // namespace
}  // namespace dfi::packer
