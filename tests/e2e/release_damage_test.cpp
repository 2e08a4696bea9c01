// SPDX-License-Identifier: Apache-2.0
// Each way in which a release can be wrong has a message of its own, and none changes anything.
#include "messages/archive.hpp"
#include "messages/release.hpp"
#include "tests/support/product.hpp"

namespace dfi::test {
namespace {

// Every LF becomes CR LF, or every CR LF becomes LF: what an FTP client in text mode does.
std::string text_mode(const std::string& bytes, bool to_crlf) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (to_crlf && bytes[i] == '\n') out += '\r';
    if (!to_crlf && bytes[i] == '\r' && i + 1 < bytes.size() && bytes[i + 1] == '\n') continue;
    out += bytes[i];
  }
  return out;
}

struct ReleaseDamage : ::testing::Test {
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(host.install_100());
    zip = host.release("1.10");
    good = read_file(zip);
    before = host.state_now();
  }
  void TearDown() override {
    EXPECT_EQ(difference(before, host.state_now()), "");
    EXPECT_EQ(left_overs(host.root(), host.product()), "");
    EXPECT_NE(host.service_pid("demod"), 0);
  }
  void refused(int exit, Msg message, const fs::path& what = {}) {
    auto finished = host.dfinstall({"update", (what.empty() ? zip : what).string()});
    EXPECT_TRUE(ended(finished, exit, message));
    EXPECT_FALSE(finished.json()["error"].value("text", "").empty());
  }
  // The ZIP anew, member by member; an empty answer leaves it out.
  void rewrite(
      const std::function<std::optional<std::string>(const std::string& name, const std::string& bytes)>& change,
      const std::string& extra = {}) {
    const auto source = host.directory() / "source.zip";
    write(source, good);
    auto reader = ZipReader::open(source);
    fs::remove(zip);
    ZipWriter writer(zip);
    for (const auto& member : reader.members())
      if (auto bytes = change(member.name, reader.read_member(member.name, std::size_t{1} << 30)))
        writer.add(member.name, *bytes);
    if (!extra.empty()) writer.add(extra, "not asked for");
    writer.commit();
  }
  static std::optional<std::string> same(const std::string&, const std::string& bytes) { return bytes; }

  Host host;
  fs::path zip;
  std::string good;
  Tree before;
};

TEST_F(ReleaseDamage, ACutFileIsNamedAsCut) {
  for (const auto part : {good.size() - 1, good.size() - 1000, good.size() / 2, std::size_t{4000}}) {
    write(zip, good.substr(0, part));
    refused(23, msg::archive_truncated);
  }
}

TEST_F(ReleaseDamage, TransferInTextModeIsRecognisedInBothDirections) {
  for (bool to_crlf : {true, false}) {
    write(zip, text_mode(good, to_crlf));
    refused(23, msg::text_mode_damage);
  }
}

TEST_F(ReleaseDamage, TransferInTextModeOfALooseSaveFileIsRecognised) {
  for (const char* name : {"TMSSAVF1.SAVF", "TMSSAVF2.SAVF"})
    for (bool to_crlf : {true, false}) {
      const auto directory = host.loose(zip);
      write(directory / name, text_mode(read_file(directory / name), to_crlf));
      refused(23, msg::text_mode_damage, directory);
    }
}

TEST_F(ReleaseDamage, SomethingElseIsNoRelease) {
  write(zip, std::string(5000, 'x'));
  refused(23, msg::not_a_release);
  write(zip, "");
  refused(23, msg::not_a_release);
  const auto empty = host.directory() / "empty";
  fs::create_directory(empty);
  refused(23, msg::not_a_release, empty);
}

TEST_F(ReleaseDamage, AFlippedByteInAnySaveFileIsFound) {
  for (const char* name : {"TMSSAVF1.SAVF", "TMSSAVF2.SAVF"}) {
    rewrite([&](const std::string& member, std::string bytes) -> std::optional<std::string> {
      if (member == name) bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
      return bytes;
    });
    auto finished = host.dfinstall({"update", zip.string()});
    EXPECT_TRUE(ended(finished, 21, msg::digest_wrong)) << name;
  }
}

TEST_F(ReleaseDamage, AFlippedByteInTheArchiveItselfIsRefused) {
  // Anywhere: in a member, in a header, in the directory at the end.
  for (std::size_t at = 600; at < good.size(); at += good.size() / 12) {
    auto bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    write(zip, bytes);
    const auto exit = host.dfinstall({"update", zip.string()}).exit;
    EXPECT_TRUE(exit == 21 || exit == 23) << "byte " << at << ": exit " << exit;
  }
}

TEST_F(ReleaseDamage, AFlippedByteInALooseSaveFileIsFound) {
  for (const char* name : {"TMSSAVF1.SAVF", "TMSSAVF2.SAVF"})
    for (const bool with_document : {false, true}) {
      const auto directory = host.loose(zip, with_document);
      auto bytes = read_file(directory / name);
      bytes[bytes.size() * 3 / 4] = static_cast<char>(bytes[bytes.size() * 3 / 4] ^ 1);
      write(directory / name, bytes);
      const auto finished = host.dfinstall({"update", directory.string()});
      EXPECT_TRUE(finished.exit == 21 || finished.exit == 23) << name << finished.out;
    }
}

TEST_F(ReleaseDamage, AChangedDocumentHasAWrongSignature) {
  rewrite([](const std::string& name, std::string bytes) -> std::optional<std::string> {
    if (name == "release.json") bytes.replace(bytes.find("1.10"), 4, "1.20");
    return bytes;
  });
  refused(21, msg::signature_wrong);
}

TEST_F(ReleaseDamage, AMissingSignatureIsNamed) {
  rewrite([](const std::string& name, const std::string& bytes) -> std::optional<std::string> {
    return name == "release.json.sig" ? std::nullopt : std::optional(bytes);
  });
  refused(21, msg::signature_missing);
}

TEST_F(ReleaseDamage, AMissingSaveFileIsNamed) {
  for (const char* missing : {"TMSSAVF1.SAVF", "TMSSAVF2.SAVF"}) {
    rewrite([&](const std::string& name, const std::string& bytes) -> std::optional<std::string> {
      return name == missing ? std::nullopt : std::optional(bytes);
    });
    refused(23, msg::member_missing);
    const auto directory = host.directory() / "loose";
    write(host.directory() / "good.zip", good);
    fs::remove_all(directory);
    fs::rename(host.loose(host.directory() / "good.zip"), directory);
    fs::remove(directory / missing);
    refused(23, msg::member_missing, directory);
  }
}

TEST_F(ReleaseDamage, AMemberTooMuchIsRefused) {
  rewrite(same, "EXTRA.SAVF");
  refused(23, msg::archive_unsafe);
}

TEST_F(ReleaseDamage, ASaveFileOfAnotherSizeIsNamed) {
  rewrite([](const std::string& name, const std::string& bytes) -> std::optional<std::string> {
    return name == "TMSSAVF1.SAVF" ? bytes.substr(0, bytes.size() - 7) : bytes;
  });
  refused(23, msg::release_truncated);
  rewrite([](const std::string& name, const std::string& bytes) -> std::optional<std::string> {
    return name == "TMSSAVF1.SAVF" ? bytes + "more" : bytes;
  });
  refused(23, msg::wrong_size);
}

TEST_F(ReleaseDamage, AForeignKeyAndAMissingKeyAreTwoMessages) {
  Host stranger;
  auto foreign = host.release("1.10", {}, stranger.key());
  refused(21, msg::foreign_key, foreign);
  refused(21, msg::foreign_key, host.loose(foreign));
  fs::remove(host.trusted() / "vendor.pem");
  refused(21, msg::no_trusted_key, foreign);
}

TEST_F(ReleaseDamage, AnotherProductIsRefused) {
  Host other("otherprod");
  fs::copy_file(other.directory() / "vendor/vendor.pem", host.trusted() / "other.pem");
  refused(6, msg::wrong_product, other.release("1.10"));
  refused(6, msg::wrong_product, other.loose(other.release("1.10")));
}

TEST_F(ReleaseDamage, ATooOldDfinstallIsNamedWithTheOneNeeded) {
  replace_in(host.source("1.10") / "product.toml", "min_dfinstall = \"1.0.0\"", "min_dfinstall = \"99.1.0\"");
  auto finished = host.dfinstall({"update", host.release("1.10").string()});
  EXPECT_TRUE(ended(finished, 18, msg::dfinstall_too_old));
  EXPECT_EQ(finished.json()["error"]["args"]["needed"], "99.1.0");
}

TEST_F(ReleaseDamage, AnotherPlatformIsRefused) {
  replace_in(host.source("1.10") / "product.toml", "platform = \"any\"", "platform = \"linux-mips\"");
  refused(13, msg::platform_wrong, host.release("1.10"));
}

TEST_F(ReleaseDamage, SaveFilesOfTwoReleasesDoNotMix) {
  const auto directory = host.loose(zip), older = host.loose(host.release("1.00"));
  fs::copy_file(older / "TMSSAVF2.SAVF", directory / "TMSSAVF2.SAVF", fs::copy_options::overwrite_existing);
  refused(23, msg::save_file_foreign, directory);
}

}  // namespace
}  // namespace dfi::test
