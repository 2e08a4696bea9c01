// SPDX-License-Identifier: Apache-2.0
#include "base/archive.hpp"

#include <clocale>

#include "base/hash.hpp"
#include "base/transfer_check.hpp"
#include "tests/base/scratch.hpp"

namespace dfi::test {
namespace {

struct Archive : Scratch {
  void SetUp() override { std::setlocale(LC_CTYPE, "C.UTF-8"); }  // as every program does: names may have umlauts
  void write_tar(const std::string& name) {
    TarWriter writer(path(name), 3);
    writer.add({"directory", EntryKind::directory, 0711, 12, 34, 0, 5'000'000'007, "", {}}, {});
    writer.add({"directory/überall.txt",
                EntryKind::file,
                0604,
                0,
                0,
                7,
                9'000'000'000,
                "",
                {{"user.a", std::string("\0b", 2)}}},
               "content");
    writer.add({"link", EntryKind::link, 0777, 0, 0, 0, 0, "directory/überall.txt", {}}, {});
    writer.commit();
  }
  void write_zip(const std::string& name, const std::vector<std::string>& members) {
    ZipWriter writer(path(name));
    for (const auto& member : members) writer.add(member, "content of " + member);
    writer.commit();
  }
  // The name of a member exchanged by one of the same length, in header and directory.
  fs::path renamed(const std::string& from, const std::string& to) {
    auto bytes = read_file(path("a.zip"));
    for (auto at = bytes.find(from); at != std::string::npos; at = bytes.find(from, at + 1))
      bytes.replace(at, from.size(), to);
    return file("renamed.zip", bytes);
  }
};

TEST_F(Archive, TarGivesBackEveryFact) {
  write_tar("a.SAVF");
  TarReader reader(open_file_source(path("a.SAVF")));
  auto entry = reader.next();
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->kind, EntryKind::directory);
  EXPECT_EQ(entry->user, 12u);
  EXPECT_EQ(entry->mode & 07777u, 0711u);
  EXPECT_EQ(entry->mtime_ns, 5'000'000'007);
  entry = reader.next();
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->path, "directory/überall.txt");
  EXPECT_EQ(reader.read_all(100), "content");
  ASSERT_EQ(entry->attributes.size(), 1u);
  EXPECT_EQ(entry->attributes[0].second, std::string("\0b", 2));
  entry = reader.next();
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->target, "directory/überall.txt");
  EXPECT_FALSE(reader.next());
}

TEST_F(Archive, TheSameEntriesGiveTheSameBytes) {
  write_tar("a.SAVF");
  write_tar("b.SAVF");
  EXPECT_EQ(sha256_file(path("a.SAVF")), sha256_file(path("b.SAVF")));
  write_zip("a.zip", {"one", "two"});
  write_zip("b.zip", {"one", "two"});
  EXPECT_EQ(sha256_file(path("a.zip")), sha256_file(path("b.zip")));
}

TEST_F(Archive, ACutOrChangedTarIsAnError) {
  write_tar("a.SAVF");
  const auto good = read_file(path("a.SAVF"));
  auto reads = [&](const std::string& bytes) {
    return error_of([&] {
      TarReader reader(open_file_source(file("bad", bytes)));
      while (reader.next()) reader.read_all(1000);
    });
  };
  EXPECT_EQ(reads(good), "nothing");
  EXPECT_NE(reads(good.substr(0, good.size() / 2 + 60)), "nothing");
}

TEST_F(Archive, AFileThatChangesWhileItIsSavedIsAnError) {
  const auto source = file("source", "1234567890");
  TarWriter writer(path("a"), 1);
  EXPECT_EQ(error_of([&] {
              writer.add_file({"source", EntryKind::file, 0644, 0, 0, 20, 0, "", {}}, source);
            }),
            "file_changed");
  TarWriter other(path("b"), 1);
  EXPECT_EQ(error_of([&] {
              other.add_file({"source", EntryKind::file, 0644, 0, 0, 5, 0, "", {}}, source);
            }),
            "file_changed");
}

TEST_F(Archive, ZipMembersAreReadInPlace) {
  write_zip("a.zip", {"one", "two"});
  auto zip = ZipReader::open(path("a.zip"));
  EXPECT_EQ(zip.members().size(), 2u);
  EXPECT_EQ(zip.read_member("two", 100), "content of two");
  EXPECT_EQ(error_of([&] { zip.read_member("three", 100); }), "member_missing");
}

TEST_F(Archive, AZipWithAHostileNameIsRefusedAsAWhole) {
  write_zip("a.zip", {"ordinary.name", "other"});
  for (const char* name : {"../../../name", "/etc/crontab1", "a/../../bbbbb", "..\\..\\..\\abc", "directory/nam"}) {
    std::string hostile(name);
    hostile.resize(13, 'x');
    EXPECT_EQ(error_of([&] { ZipReader::open(renamed("ordinary.name", hostile)); }), "archive_unsafe") << name;
  }
}

TEST_F(Archive, AZipWithTheSameNameTwiceIsRefused) {
  write_zip("a.zip", {"one.SAVF", "two.SAVF"});
  EXPECT_EQ(error_of([&] { ZipReader::open(renamed("two.SAVF", "one.SAVF")); }), "archive_unsafe");
}

TEST_F(Archive, ACutZipIsNamedAsCut) {
  write_zip("a.zip", {"one", "two"});
  const auto good = read_file(path("a.zip"));
  for (const auto size : {good.size() - 1, good.size() / 2, std::size_t{30}})
    EXPECT_EQ(error_of([&] { ZipReader::open(file("cut.zip", good.substr(0, size))); }), "archive_truncated") << size;
}

TEST_F(Archive, TextModeTransferIsRecognised) {
  write_tar("a.SAVF");
  auto bytes = read_file(path("a.SAVF"));
  EXPECT_EQ(check_transfer(path("a.SAVF")), Transfer::intact);
  std::string unix_to_dos, dos_to_unix;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] == '\n') unix_to_dos += '\r';
    unix_to_dos += bytes[i];
    if (bytes[i] == '\r' && i + 1 < bytes.size() && bytes[i + 1] == '\n') continue;
    dos_to_unix += bytes[i];
  }
  EXPECT_EQ(check_transfer(file("b", unix_to_dos)), Transfer::text_mode);
  EXPECT_EQ(check_transfer(file("c", dos_to_unix)), Transfer::text_mode);
  EXPECT_EQ(check_transfer(file("d", "something else")), Transfer::not_marked);
}

}  // namespace
}  // namespace dfi::test
