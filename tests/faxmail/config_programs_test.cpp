// SPDX-License-Identifier: Apache-2.0
// faxmail config as an operator runs it, and that no output ever holds a secret.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <pty.h>
#include <sys/wait.h>
#include <termios.h>

#include <fstream>

#include "base/file.hpp"
#include "base/process.hpp"
#include "payloads/faxmail/message/encoding.hpp"
#include "tests/faxmail/product_fixture.hpp"

namespace faxmail::test {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string password = "pA55-w0rd+geheim";
const std::string client_secret = "cl13nt~s3cret";

class ConfigPrograms : public testing::Test {
 protected:
  std::vector<std::string> command(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {FAXMAIL_PROGRAM, "--root", product.layout().root, "--lang", "en"});
    return arguments;
  }
  dfi::ProgramResult faxmail(const std::vector<std::string>& arguments) const {
    return dfi::run_program(command(arguments));
  }
  /// With this on standard input.
  dfi::ProgramResult faxmail_reading(const std::string& input, const std::vector<std::string>& arguments) const {
    const auto file = product.layout().root / "input";
    std::ofstream(file) << input;
    std::string line;
    for (const auto& word : command(arguments)) line += "'" + word + "' ";
    return dfi::run_program({"/bin/sh", "-c", line + "< '" + file.string() + "'"});
  }
  std::string secret_file(const std::string& name) const {
    return dfi::read_file(product.layout().config_directory() / name);
  }

  Product product{Release::v606};
};

TEST_F(ConfigPrograms, SetPasswordReadsStandardInput) {
  const auto result = faxmail_reading(password + "\nmore\n", {"config", "set-password"});
  EXPECT_EQ(result.status, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("mode 0600"));
  EXPECT_EQ(secret_file("password"), password + "\n");
  EXPECT_EQ(faxmail_reading("", {"config", "set-password"}).status, 64);
  EXPECT_EQ(secret_file("password"), password + "\n");
}

/// The program on a terminal of its own: what it wrote, after these lines were typed.
std::string at_terminal(const std::vector<std::string>& arguments, const std::string& typed, int& status) {
  int terminal = -1;
  std::vector<char*> words;
  for (const auto& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  if (child == 0) {
    ::execv(words[0], words.data());
    ::_exit(127);
  }
  const dfi::Fd owner(terminal);
  std::string output;
  char bytes[512];
  std::size_t questions = 0;
  auto lines = typed;
  for (;;) {
    const auto size = ::read(owner.get(), bytes, sizeof bytes);
    if (size <= 0) break;
    output.append(bytes, static_cast<std::size_t>(size));
    // Each question is answered once it stands there and the echo is off.
    const auto asked = static_cast<std::size_t>(std::count(output.begin(), output.end(), ':'));
    for (; questions < asked && !lines.empty(); ++questions) {
      termios state{};
      do ::tcgetattr(owner.get(), &state);
      while ((state.c_lflag & ECHO) != 0);
      const auto line = lines.substr(0, lines.find('\n') + 1);
      lines.erase(0, line.size());
      if (::write(owner.get(), line.data(), line.size()) < 0) break;
    }
  }
  ::waitpid(child, &status, 0);
  status = WEXITSTATUS(status);
  return output;
}

TEST_F(ConfigPrograms, SetPasswordAsksTwiceAtTheTerminalWithoutEcho) {
  int status = -1;
  const auto typed = password + "\n" + password + "\n";
  const auto output = at_terminal(command({"config", "set-password"}), typed, status);
  EXPECT_EQ(status, 0) << output;
  EXPECT_THAT(output, HasSubstr("Once more"));
  EXPECT_THAT(output, Not(HasSubstr(password)));
  EXPECT_EQ(secret_file("password"), password + "\n");
  at_terminal(command({"config", "set-password"}), "one\ntwo\n", status);
  EXPECT_EQ(status, 64);
  EXPECT_EQ(secret_file("password"), password + "\n");
}

TEST_F(ConfigPrograms, NoOutputHoldsASecret) {
  std::ofstream(product.layout().root / "sheet") << "preset = \"m365\"\nuser = \"fax@example.com\"\nauth = \"*AUTO\"\n"
                                                    "oauth_tenant = \"t\"\noauth_client_id = \"i\"\npassword = \""
                                                 << password << "\"\nclient_secret = \"" << client_secret << "\"\n";
  std::string all;
  const auto note = [&](const dfi::ProgramResult& result) {
    EXPECT_EQ(result.status, 0) << result.output;
    all += result.output;
  };
  note(faxmail({"config", "from-file", product.layout().root / "sheet"}));
  note(faxmail_reading(password, {"config", "set-password"}));
  note(faxmail_reading(client_secret, {"config", "set-password", "--client-secret"}));
  for (const std::vector<std::string>& verb : {std::vector<std::string>{"config"},
                                               {"config", "show"},
                                               {"config", "check"},
                                               {"config", "preset", "m365"},
                                               {"config", "set", "keep_days=3"},
                                               {"status"},
                                               {"selftest"}}) {
    note(faxmail(verb));
    auto json = verb;
    json.emplace_back("--json");
    note(faxmail(json));
  }
  all += faxmail({"config", "set", "oauth_token_url=https://127.0.0.1:1/"}).output;
  all += faxmail({"config", "set", "password=x"}).output;
  all += dfi::read_file(product.layout().config_file());
  for (const auto& secret : {password, client_secret}) {
    EXPECT_THAT(all, Not(HasSubstr(secret)));
    EXPECT_THAT(all, Not(HasSubstr(base64(secret))));
    EXPECT_THAT(all, Not(HasSubstr(base64(std::string("\0", 1) + "fax@example.com" + std::string("\0", 1) + secret))));
  }
  EXPECT_EQ(secret_file("password"), password + "\n");
  EXPECT_EQ(secret_file("oauth_client_secret"), client_secret + "\n");
}

TEST_F(ConfigPrograms, CheckProvesEverySecretAndSaysWhatIsRisky) {
  const auto set = [&](std::vector<std::string> assignments) {
    assignments.insert(assignments.begin(), {"config", "set"});
    EXPECT_EQ(faxmail(assignments).status, 0);
  };
  set({"server=mail.example.com", "user=scott", "password_command=/bin/false"});
  const auto failed = faxmail({"config", "check"});
  EXPECT_EQ(failed.status, 78);
  EXPECT_THAT(failed.output, HasSubstr("exit code 1"));
  set({"password_command=/bin/echo x", "ssl=*NO", "auth=*LOGIN", "auth_plain_without_tls=*YES"});
  const auto risky = faxmail({"config", "check"});
  EXPECT_EQ(risky.status, 0);
  EXPECT_THAT(risky.output, HasSubstr("WARNING"));
  const auto json = dfi::Json::parse(faxmail({"config", "check", "--json"}).output);
  EXPECT_EQ(json["warnings"].size(), 1u);
}

TEST_F(ConfigPrograms, ShowHasNumbersAndAccountsInJson) {
  faxmail({"config", "set", "account.b.senders=@b.example.com", "account.b.burst=3"});
  const auto json = dfi::Json::parse(faxmail({"config", "--json"}).output);
  EXPECT_EQ(json["config"]["max_connections"], 2);
  EXPECT_EQ(json["config"]["account"]["b"]["burst"], 3);
  EXPECT_EQ(json["config"]["account"]["b"]["senders"][0], "@b.example.com");
}

}  // namespace
}  // namespace faxmail::test
