// SPDX-License-Identifier: Apache-2.0
#include "payloads/packer/release.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "base/hash.hpp"
#include "base/transfer_check.hpp"
#include "tests/packer/workshop.hpp"

namespace dfi::packer {
namespace {

using ::testing::ElementsAre;

class Release : public Workshop {
 protected:
  SaveFile open_in_place(const ReleaseFile& release, const std::string& member) {
    auto keys = trusted();
    return SaveFile::open(release.zip.open_member(member), &keys);
  }
  // A loose save file, as an operator has it in a directory.
  fs::path loose_save_file() {
    make_release(root_ / "R.zip");
    auto path = root_ / "TMSSAVF1.SAVF";
    write(path, ZipReader::open(root_ / "R.zip").read_member("TMSSAVF1.SAVF", 1 << 24));
    return path;
  }
  std::string opening(const fs::path& path) {
    return failure([&] {
      auto keys = trusted();
      fs::remove_all(root_ / "unpacked");
      SaveFile::open(path, &keys).unpack(root_ / "unpacked");
    });
  }
  fs::path zip_ = root_ / "R.zip";
};

// FTP in ASCII mode from a Unix to a Windows host, or back.
std::string in_text_mode(const std::string& bytes, bool to_windows) {
  std::string result;
  for (char c : bytes) {
    if (to_windows && c == '\n') result += '\r';
    if (to_windows || c != '\r') result += c;
  }
  return result;
}

TEST_F(Release, IsReadBackInPlaceObjectByObject) {
  auto made = make_release(zip_);
  auto release = open_release(zip_, trusted());
  check_save_files(release);
  EXPECT_EQ(release.document.to_json(), made.document.to_json());
  EXPECT_EQ(release.document.version, "2.00");

  auto product = open_in_place(release, "TMSSAVF1.SAVF");
  ASSERT_TRUE(product.manifest().spec);
  EXPECT_EQ(product.manifest().spec->data_files.at(0).level, 2);
  EXPECT_EQ(product.manifest().spec->services.at(0).stop_seconds, 60u);
  product.unpack(root_ / "tree");
  for (const char* path : {"bin/daemon", "bin/tool", "share/limits.json"})
    EXPECT_EQ(sha256_file(root_ / "tree" / path), sha256_file(source_ / "objects" / path));
  EXPECT_EQ(fs::status(root_ / "tree/bin/tool").permissions(), fs::perms(0755));

  auto formats = open_in_place(release, "TMSSAVF2.SAVF");
  EXPECT_EQ(formats.manifest().type, "formats");
  formats.unpack(root_ / "definitions");
  EXPECT_TRUE(fs::exists(root_ / "definitions/2.00/CVTDATA2.toml"));
}

TEST_F(Release, CarriesTheProgramsOfConversionsReadyToRun) {
  write(source_ / "definitions/2.00/programs/cvtdata2", "#!/bin/sh\nexit 0\n");
  make_release(zip_);
  auto release = open_release(zip_, trusted());
  open_in_place(release, "TMSSAVF2.SAVF").unpack(root_ / "definitions");
  EXPECT_EQ(fs::status(root_ / "definitions/2.00/programs/cvtdata2").permissions(), fs::perms(0755));
  EXPECT_EQ(fs::status(root_ / "definitions/2.00/CVTDATA2.toml").permissions(), fs::perms(0644));
}

TEST_F(Release, HoldsItsMembersStoredAndTheTransferMarkFirst) {
  make_release(zip_);
  std::vector<std::string> names;
  std::uintmax_t sum = 0;
  const auto zip = ZipReader::open(zip_);
  for (const auto& member : zip.members()) {
    names.push_back(member.name);
    sum += member.size;
  }
  EXPECT_THAT(names, ElementsAre("TRANSFER.CHK", "release.json", "release.json.sig", "TMSSAVF1.SAVF", "TMSSAVF2.SAVF"));
  EXPECT_GT(fs::file_size(zip_), sum);
  EXPECT_EQ(check_transfer(zip_), Transfer::intact);
}

TEST_F(Release, HasTheSameBytesWhateverTimeModeAndPlaceOfItsSources) {
  make_release(zip_);
  auto other = root_ / "elsewhere/deeper";
  make_source(other);
  for (const auto& entry : fs::recursive_directory_iterator(other)) {
    fs::last_write_time(entry, fs::file_time_type::clock::now() - std::chrono::hours(50'000));
    if (entry.is_regular_file()) fs::permissions(entry, fs::perms(0600));
  }
  const auto before = fs::current_path();
  ::setenv("TZ", "TST-11", 1);
  fs::current_path(other);
  write_release(read_source("."), root_ / "other.zip", key_);
  fs::current_path(before);
  ::unsetenv("TZ");
  EXPECT_EQ(sha256_file(root_ / "other.zip"), sha256_file(zip_));
}

TEST_F(Release, LeavesNothingBesideItself) {
  fs::create_directory(root_ / "out");
  make_release(root_ / "out/R.zip");
  fs::remove(source_ / "objects/share/limits.json");
  EXPECT_NE(failure([&] { make_release(root_ / "out/R.zip"); }), "");
  EXPECT_EQ(std::distance(fs::directory_iterator(root_ / "out"), fs::directory_iterator()), 1);
}

TEST_F(Release, CarriesAPtfForItsVersion) {
  make_release(zip_);
  replace(source_ / "objects/share/limits.json", "1.0", "1.2");
  make_ptf(zip_, root_ / "HOT.SAVF");
  replace(source_ / "objects/share/limits.json", "1.2", "1.0");
  auto made = make_release(zip_, root_ / "HOT.SAVF");
  ASSERT_EQ(made.document.save_files.size(), 3u);
  EXPECT_EQ(made.document.save_files[2].name, "TMSHOTPTF.SAVF");
  auto release = open_release(zip_, trusted());
  check_save_files(release);
  EXPECT_EQ(open_in_place(release, "TMSHOTPTF.SAVF").manifest().ptf->id, "HOT1");

  replace(source_ / "product.toml", "2.00", "3.00");
  EXPECT_EQ(failure([&] { make_release(root_ / "3.zip", root_ / "HOT.SAVF"); }), "pack_ptf_wrong_version");
  EXPECT_EQ(failure([&] { make_release(root_ / "3.zip", loose_save_file()); }), "pack_not_a_ptf");
}

TEST_F(Release, IsNamedAsDamagedInTextModeInBothDirections) {
  make_release(zip_);
  for (bool to_windows : {true, false}) {
    write(root_ / "text.zip", in_text_mode(read_file(zip_), to_windows));
    EXPECT_EQ(failure([&] { open_release(root_ / "text.zip", trusted()); }), "text_mode_damage");
  }
}

TEST_F(Release, IsNamedAsTruncatedDamagedForeignOrNoReleaseAtAll) {
  make_release(zip_);
  const auto bytes = read_file(zip_);
  auto opening_zip = [&](const std::string& content) {
    write(root_ / "x.zip", content);
    return failure([&] { check_save_files(open_release(root_ / "x.zip", trusted())); });
  };
  EXPECT_EQ(opening_zip(bytes), "");
  EXPECT_EQ(opening_zip(bytes.substr(0, bytes.size() * 2 / 3)), "archive_truncated");
  EXPECT_EQ(opening_zip("a letter to the vendor"), "not_a_release");
  auto flipped = bytes;
  flipped[flipped.find("TMSSAVF2.SAVF") - 100] ^= 1;  // the tail of TMSSAVF1's data
  EXPECT_THAT(opening_zip(flipped), ::testing::AnyOf("digest_wrong", "archive_damaged"));
  auto changed = bytes;
  changed.replace(changed.find("2020-01-02"), 10, "2021-01-02");
  EXPECT_THAT(opening_zip(changed), ::testing::AnyOf("signature_wrong", "archive_damaged"));

  fs::create_directory(root_ / "others");
  generate_keys(root_ / "others/vendor.key", root_ / "others/vendor.pem");
  EXPECT_EQ(failure([&] { open_release(zip_, TrustedKeys::load(root_ / "others")); }), "foreign_key");
  EXPECT_EQ(failure([&] { open_release(zip_, TrustedKeys::load(root_ / "none")); }), "no_trusted_key");
}

TEST_F(Release, LooseSaveFileIsNamedAsWhatBefellIt) {
  auto path = loose_save_file();
  const auto bytes = read_file(path);
  EXPECT_EQ(opening(path), "");
  for (bool to_windows : {true, false}) {
    write(path, in_text_mode(bytes, to_windows));
    EXPECT_EQ(opening(path), "text_mode_damage");
  }
  write(path, "plain text");
  EXPECT_EQ(opening(path), "not_a_save_file");
  write(path, bytes.substr(0, bytes.size() - 20));
  EXPECT_EQ(opening(path), "archive_truncated");
  auto flipped = bytes;
  flipped[bytes.size() / 2] ^= 4;
  write(path, flipped);
  EXPECT_NE(opening(path), "");
}

TEST_F(Release, WithoutSignatureIsRefused) {
  auto manifest = read_source(source_).manifest("U.SAVF", "product");
  write_save_file(root_ / "U.SAVF", manifest, nullptr, {}, 1);
  EXPECT_EQ(opening(root_ / "U.SAVF"), "signature_missing");
}

}  // namespace
}  // namespace dfi::packer
