// SPDX-License-Identifier: Apache-2.0
#include "payloads/packer/ptf.hpp"

#include <gmock/gmock.h>

#include "base/hash.hpp"
#include "tests/packer/workshop.hpp"

namespace dfi::packer {
namespace {

using ::testing::ElementsAre;

class Ptf : public Workshop {
 protected:
  Ptf() { make_release(base_); }
  std::string making() {
    return failure([&] { make_ptf(base_, output_); });
  }
  fs::path base_ = root_ / "R.zip", output_ = root_ / "TMSHOTPTF.SAVF";
};

TEST_F(Ptf, HoldsChangedAndNewObjectsWithWhatTheyMayReplace) {
  const auto before = sha256_file(source_ / "objects/share/limits.json");
  replace(source_ / "objects/share/limits.json", "1.0", "1.2");
  write(source_ / "objects/share/new.txt", "new");
  auto manifest = make_ptf(base_, output_);
  ASSERT_EQ(manifest.objects.size(), 2u);
  EXPECT_EQ(manifest.objects[0].path, "share/limits.json");
  EXPECT_THAT(manifest.objects[0].replaces, ElementsAre(before));
  EXPECT_EQ(manifest.objects[1].path, "share/new.txt");
  EXPECT_THAT(manifest.objects[1].replaces, ElementsAre("absent"));

  auto keys = trusted();
  auto file = SaveFile::open(output_, &keys);
  EXPECT_EQ(file.manifest().to_json(), manifest.to_json());
  EXPECT_EQ(file.manifest().type, "ptf");
  EXPECT_EQ(file.manifest().ptf->to_json(), ptf_spec().to_json());
  file.unpack(root_ / "new");
  EXPECT_EQ(read_file(root_ / "new/share/limits.json"), "{\"tls\": \"1.2\"}\n");
}

TEST_F(Ptf, HoldsAnObjectWhoseModeAloneChanged) {
  replace(source_ / "product.toml", "[[objects]]\npath = \"bin/*\"",
          "[[objects]]\npath = \"bin/tool\"\nkind = \"program\"\nmode = \"0750\"\n\n[[objects]]\npath = \"bin/*\"");
  auto manifest = make_ptf(base_, output_);
  ASSERT_EQ(manifest.objects.size(), 1u);
  EXPECT_EQ(manifest.objects[0].path, "bin/tool");
}

TEST_F(Ptf, HasTheSameBytesEveryTime) {
  replace(source_ / "objects/bin/daemon", "exit 0", "exit 1");
  make_ptf(base_, output_);
  const auto first = sha256_file(output_);
  fs::last_write_time(source_ / "objects/bin/daemon", fs::file_time_type::clock::now() - std::chrono::hours(9));
  make_ptf(base_, output_);
  EXPECT_EQ(sha256_file(output_), first);
}

TEST_F(Ptf, IsRefusedWhenAnObjectWasDeleted) {
  write(source_ / "objects/share/other.json", "");  // the service's glob still finds one
  fs::remove(source_ / "objects/share/limits.json");
  try {
    make_ptf(base_, output_);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.message().id.name, "pack_ptf_object_deleted");
    EXPECT_EQ(error.arg("object"), "share/limits.json");
  }
  EXPECT_FALSE(fs::exists(output_));
}

TEST_F(Ptf, IsRefusedWhenNothingChanged) { EXPECT_EQ(making(), "pack_ptf_empty"); }

TEST_F(Ptf, IsRefusedWhenMoreThanObjectsChanged) {
  replace(source_ / "objects/share/limits.json", "1.0", "1.2");
  replace(source_ / "product.toml", "unit = \"mini.service\"", "unit = \"other.service\"");
  EXPECT_EQ(making(), "pack_ptf_changes_product");
  write(source_ / "product.toml", product_toml);
  replace(source_ / "product.toml", "version = \"2.00\"", "version = \"2.01\"");
  EXPECT_EQ(making(), "pack_ptf_changes_product");
}

TEST_F(Ptf, IsRefusedForAVersionItDoesNotApplyTo) {
  replace(source_ / "objects/share/limits.json", "1.0", "1.2");
  auto spec = ptf_spec();
  spec.applies_to = {"1.99"};
  EXPECT_EQ(failure([&] { write_ptf(base_, read_source(source_), spec, output_, key_); }), "pack_ptf_wrong_version");
}

TEST_F(Ptf, IsRefusedOnABaseOfAnotherVendor) {
  replace(source_ / "objects/share/limits.json", "1.0", "1.2");
  generate_keys(root_ / "other.key", root_ / "other.pem");
  EXPECT_EQ(failure([&] { write_ptf(base_, read_source(source_), ptf_spec(), output_, root_ / "other.key"); }),
            "foreign_key");
}

}  // namespace
}  // namespace dfi::packer
