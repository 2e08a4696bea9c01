// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "base/clock.hpp"
#include "base/file.hpp"
#include "messages/general.hpp"
#include "payloads/faxmail/config/secret_source.hpp"
#include "payloads/faxmail/config/values.hpp"
#include "tests/faxmail/product_fixture.hpp"

namespace faxmail::test {
namespace {

using testing::ElementsAre;

class SecretSourceTest : public testing::Test {
 protected:
  ~SecretSourceTest() override { ::unsetenv("CREDENTIALS_DIRECTORY"); }

  fs::path root() const { return product_.layout().root; }
  fs::path write(const std::string& name, const std::string& text, mode_t mode) const {
    const auto file = root() / name;
    std::ofstream(file) << text;
    ::chmod(file.c_str(), mode);
    return file;
  }
  SecretSource command(const std::string& text) const { return {"password", "", "", text}; }
  dfi::Error refusal(const SecretSource& source) const {
    try {
      source.line();
    } catch (const dfi::Error& error) {
      return error;
    }
    ADD_FAILURE() << "no error";
    return dfi::Error(dfi::msg::internal_error);
  }

  Product product_{Release::v606};
};

TEST_F(SecretSourceTest, TakesCredentialThenFileThenCommand) {
  const SecretSource all{"password", "mail", write("file", "by file\n", 0600), "/bin/echo by command"};
  EXPECT_EQ(all.line().value(), "by file") << "without systemd";
  ::setenv("CREDENTIALS_DIRECTORY", root().c_str(), 1);
  EXPECT_EQ(all.line().value(), "by file") << "systemd gave no such credential";
  write("mail", "by credential", 0440);
  EXPECT_EQ(all.line().value(), "by credential");
  EXPECT_EQ(command("/bin/echo by command").line().value(), "by command");
}

TEST_F(SecretSourceTest, ReadsACredentialOfMode0440ButNoOpenerOne) {
  ::setenv("CREDENTIALS_DIRECTORY", root().c_str(), 1);
  const SecretSource source{"password", "mail", "", ""};
  write("mail", "s3cret", 0444);
  EXPECT_EQ(refusal(source).message().id.name, "mail_secret_unsafe");
  write("mail", "s3cret", 0440);
  EXPECT_EQ(source.line().value(), "s3cret");
}

TEST_F(SecretSourceTest, SaysThatNothingIsThere) {
  EXPECT_EQ(refusal({"password", "mail", "", ""}).message().id.name, "mail_secret_missing");
}

TEST_F(SecretSourceTest, ACommandSeesPathOnly) {
  ::setenv("FAXMAIL_TEST_SECRET", "x", 1);
  const auto program = write("program", "#!/bin/sh\nenv | sort | tr '\\n' ' '\n", 0700);
  const auto seen = command(program.string()).line().value();
  ::unsetenv("FAXMAIL_TEST_SECRET");
  EXPECT_THAT(seen, testing::HasSubstr("PATH="));
  EXPECT_THAT(seen, testing::Not(testing::HasSubstr("FAXMAIL_TEST_SECRET")));
  EXPECT_THAT(seen, testing::Not(testing::HasSubstr("HOME=")));
}

TEST_F(SecretSourceTest, ACommandRunsWithoutAShell) {
  EXPECT_EQ(command("/bin/echo $HOME 'a b' \"c;d\" *").line().value(), "$HOME a b c;d *");
}

TEST_F(SecretSourceTest, AFailedCommandIsNamedWithoutItsOutput) {
  const auto program = write("program", "#!/bin/sh\necho s3cret\necho s3cret >&2\nexit 3\n", 0700);
  const auto error = refusal(command(program.string()));
  EXPECT_EQ(error.message().id.name, "mail_secret_command");
  EXPECT_EQ(error.arg("reason"), "exit code 3");
  EXPECT_EQ(error.arg("program"), program.string());
  EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("s3cret")));
  EXPECT_EQ(refusal(command("/nowhere/program")).arg("reason"), "ENOENT");
  EXPECT_EQ(refusal(command("/bin/true")).arg("reason"), "empty");
}

TEST_F(SecretSourceTest, ACommandIsEndedWhenItTalksTooMuch) {
  EXPECT_EQ(refusal(command("/usr/bin/yes")).arg("reason"), "> 4096 bytes");
  EXPECT_EQ(refusal(command("/usr/bin/head -c 5000 /dev/zero")).arg("reason"), "> 4096 bytes");
}

TEST_F(SecretSourceTest, AKeyFileIsTakenAsAWhole) {
  const SecretSource source{"oauth_client_secret", "", write("key.json", "{\n\"a\": 1\n}\n", 0600), ""};
  EXPECT_EQ(source.whole().value(), "{\n\"a\": 1\n}\n");
  EXPECT_EQ(source.line().value(), "{");
}

TEST_F(SecretSourceTest, WritesAFileThatOnlyTheEngineCanRead) {
  const auto file = root() / "new";
  write_secret(product_.layout(), file, Secret("s3cret"));
  struct stat written {
  }, queue{};
  ::stat(file.c_str(), &written);
  ::stat(product_.layout().data_file("FAXKA").c_str(), &queue);
  EXPECT_EQ(written.st_mode & 07777, 0600u);
  EXPECT_EQ(written.st_uid, queue.st_uid);
  EXPECT_EQ(dfi::read_file(file), "s3cret\n");
  EXPECT_EQ(error_of([&] { write_secret(product_.layout(), file, Secret("")); }), "mail_secret_unsafe");
  EXPECT_EQ(dfi::read_file(file), "s3cret\n");
}

TEST_F(SecretSourceTest, RootMayReadWhatBelongsToTheEngine) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const auto file = write("file", "s3cret\n", 0600);
  ASSERT_EQ(::chown(file.c_str(), 12345, 12345), 0);
  SecretSource source{"password", "", file, ""};
  EXPECT_EQ(refusal(source).message().id.name, "mail_secret_unsafe");
  ASSERT_EQ(::chown(product_.layout().data_file("FAXKA").c_str(), 12345, 12345), 0);
  source.engine_user = engine_owner(product_.layout())->user;
  EXPECT_EQ(source.line().value(), "s3cret");
  write_secret(product_.layout(), root() / "new", Secret("x"));
  struct stat written {};
  ::stat((root() / "new").c_str(), &written);
  EXPECT_EQ(written.st_uid, 12345u);
}

TEST(Command, IsSplitByBlanksAndQuotes) {
  EXPECT_THAT(parse_command("a  b\tc").value(), ElementsAre("a", "b", "c"));
  EXPECT_THAT(parse_command("a 'b c' \"d 'e'\" f'g h'").value(), ElementsAre("a", "b c", "d 'e'", "fg h"));
  EXPECT_THAT(parse_command("a '' \\n").value(), ElementsAre("a", "", "\\n"));
  for (const char* wrong : {"", "   ", "a 'b", "''", "\"a"}) EXPECT_FALSE(parse_command(wrong)) << wrong;
}

}  // namespace
}  // namespace faxmail::test
