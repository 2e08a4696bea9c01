// SPDX-License-Identifier: Apache-2.0
// faxmail support: everything the hotline needs, nothing that opens a door.
#include <sys/stat.h>

#include <fstream>

#include "base/archive.hpp"
#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/gate.hpp"
#include "tests/faxmail/operated.hpp"

namespace faxmail::test {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string password = "pA55-w0rd+geheim", argument = "vault-key-4711", client_secret = "cl13nt~s3cret";

class SupportTest : public Operated {
 protected:
  fs::path file() const { return root() / "support.zip"; }
  /// The parts of a bundle that is made now.
  std::map<std::string, std::string> bundle(std::vector<std::string> options = {}) {
    fs::remove(file());
    std::vector<std::string> words{"support", file().string()};
    words.insert(words.end(), options.begin(), options.end());
    const auto said = faxmail(words);
    EXPECT_EQ(said.status, 0) << said.output;
    EXPECT_THAT(said.output, HasSubstr(file().string()));
    std::map<std::string, std::string> parts;
    const auto zip = dfi::ZipReader::open(file());
    for (const auto& member : zip.members()) parts[member.name] = zip.read_member(member.name, 1u << 20);
    return parts;
  }
  static std::string joined(const std::map<std::string, std::string>& parts) {
    std::string all;
    for (const auto& [name, text] : parts) all += name + "\n" + text;
    return all;
  }
  void secret_file(const std::string& name, const std::string& secret) const {
    const auto path = product_.layout().config_directory() / name;
    std::ofstream(path) << secret << "\n";
    ::chmod(path.c_str(), 0600);
  }
};

TEST_F(SupportTest, HasAllPartsWhileTheEngineRuns) {
  SmtpPeer peer;
  product_.configure_peer(peer.port(), "ssl = \"*NO\"\nauth = \"*NONE\"\ndefault_sender = \"fax@example.com\"\n");
  start_engine();
  faxmail({"trace", "on"});
  const auto mail = product_.submit({"a@example.com"});
  ASSERT_TRUE(gets(mail, "sent"));
  const auto parts = bundle();
  EXPECT_THAT(parts.at("versions.txt"), HasSubstr("release 6.06"));
  EXPECT_THAT(parts.at("versions.txt"), HasSubstr("engine " + std::to_string(engine_.pid)));
  EXPECT_THAT(parts.at("faxmail.toml"), HasSubstr("server = '127.0.0.1'"));
  EXPECT_THAT(parts.at("queue.txt"), HasSubstr("sent     1"));
  EXPECT_THAT(parts.at("results.txt"), HasSubstr("a@example.com"));
  EXPECT_THAT(parts.at("doctor.txt"), HasSubstr("ok   MAIL FROM"));
  EXPECT_EQ(parts.size(), 7u) << joined(parts);
  EXPECT_THAT(joined(parts), HasSubstr("faxmail trace 1"));
  EXPECT_EQ(peer.mails().size(), 1u) << "the doctor sends nothing";
  struct stat status {};
  ::stat(file().c_str(), &status);
  EXPECT_EQ(status.st_mode & 07777, 0600u) << "it names senders and recipients";
  EXPECT_EQ(bundle({"--offline"}).count("doctor.txt"), 0u);
  EXPECT_EQ(json({"support", file().string()})["parts"].size(), 7u);
}

TEST_F(SupportTest, HoldsNoSecret) {
  secret_file("password", password);
  secret_file("client_secret", client_secret);
  product_.configure("# password of the old server: " + password +
                     "\nserver = \"127.0.0.1\"\nport = \"1\"\nauth = \"*PLAIN\"\nuser = "
                     "\"fax@example.com\"\npassword_file = \"password\"\noauth_client_secret_file = \"client_secret\"\n"
                     "[account.b]\nsenders = [\"@b.example.com\"]\n  password_command = \"/bin/echo " +
                     argument + "\"\n");
  const auto trace = product_.layout().data() / "trace";
  fs::create_directories(trace);
  std::ofstream(trace / "20261123T080000.000Z-1-1.txt")
      << "by some mistake: " << password << " " << client_secret << "\n";
  const auto all = joined(bundle());
  expect_no_secret(all, {password, client_secret, argument});
  EXPECT_THAT(all, HasSubstr("account.b.password_command = ***"));
  EXPECT_THAT(all, HasSubstr("by some mistake: *** ***"));
  EXPECT_THAT(bundle().at("masked.txt"), HasSubstr("trace-20261123T080000.000Z-1-1.txt: 2 secret\n"));
}

TEST_F(SupportTest, IsMadeWhateverIsBroken) {
  dfi::gate::set_marker(product_.layout().data(), {"7 (update)", dfi::gate::Phase::closed, dfi::now_utc(), 1});
  EXPECT_THAT(bundle().at("versions.txt"), HasSubstr("gate 7 (update)"));
  fs::remove(product_.layout().data_file("FAXSTAT"));
  EXPECT_THAT(bundle().at("results.txt"), HasSubstr("FAXSTAT"));
  std::ofstream(product_.layout().config_file())
      << "format_level = 4\npassword = \"" << password << "\"\nserver = [[[\n";
  auto parts = bundle();
  EXPECT_THAT(parts.at("faxmail.toml"), HasSubstr("line"));
  expect_no_secret(joined(parts), {password});
  std::ofstream(product_.layout().config_file()) << "format_level = 4\npassword = \"" << password << "\"\n";
  parts = bundle();
  EXPECT_THAT(parts.at("faxmail.toml"), HasSubstr("password = ***"));
  expect_no_secret(joined(parts), {password});
  std::ofstream(product_.layout().data_file("FAXKA")) << "no database";
  EXPECT_THAT(bundle().at("queue.txt"), HasSubstr("FAXKA"));
}

}  // namespace
}  // namespace faxmail::test
