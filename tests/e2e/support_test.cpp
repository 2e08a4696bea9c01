// SPDX-License-Identifier: Apache-2.0
// dfinstall support: everything the hotline needs, nothing that opens a door, no name, no row of data.
#include "messages/support.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>

#include <regex>

#include "base/base64.hpp"
#include "base/hash.hpp"
#include "messages/conversion.hpp"
#include "tests/support/product.hpp"

namespace dfi::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string password = "pA55-planted+w0rd", argument = "vault-planted-4711", token = "tok-planted-0815",
                  address = "planted.user@example.com", machine = "relay7.planted.example.com",
                  short_machine = "plantedbox", row = "planted content of a row";

constexpr auto more_keys = R"(
[[keys]]
name = "server"
type = "text"
default = ""
comment.en = "Server."
comment.de = "Server."
[[keys]]
name = "helo_name"
type = "text"
default = ""
comment.en = "Own name."
comment.de = "Eigener Name."
[[keys]]
name = "user"
type = "text"
default = ""
comment.en = "User."
comment.de = "Benutzer."
[[keys]]
name = "password_file"
type = "text"
default = ""
comment.en = "File."
comment.de = "Datei."
[[keys]]
name = "password_command"
type = "text"
default = ""
comment.en = "Command."
comment.de = "Befehl."
)";

struct Support : ::testing::Test {
  void SetUp() override {
    for (const char* version : {"1.00", "1.10"})
      for (const char* level : {"1", "2"}) {
        const auto path = host.source(version) / ("definitions/formats/DEMOCONF." + std::string(level) + ".toml");
        if (fs::exists(path)) write(path, read_file(path) + more_keys);
      }
    ASSERT_NO_FATAL_FAILURE(host.install_100());
  }
  void plant() {
    write(host.config("demo.toml"), "# before: " + password + "\nformat_level = 1\nport = 25\nserver = \"" + machine +
                                        "\"\nhelo_name = \"" + short_machine + "\"\nuser = \"" + address +
                                        "\"\npassword_file = \"secret\"\npassword_command = \"/bin/vault " + argument +
                                        "\"\n");
    write(host.config("secret"), password + "\n");
    ::chmod(host.config("secret").c_str(), 0600);
    host.execute("DEMOLOG", "INSERT INTO DEMOLOG(LGTEXT) VALUES('" + row + "')");
    // What a service may say in spite of all care, and with it the evidence.
    write(host.state("services/demod.log"),
          "login of " + address + " at " + machine + " with " + password + "\nAuthorization: Bearer " + token + "\n");
  }
  /// A job log whose messages hold what was planted, as those of other programs may.
  void plant_in_log(int run) {
    SQLite::Database journal(host.state("journal.db").string(), SQLite::OPEN_READWRITE, 5000);
    SQLite::Statement insert(journal,
                             "INSERT INTO log(run, at, level, message, args) VALUES(?, "
                             "'2026-11-28T01:02:03.000Z', 'error', 'unexpected', ?)");
    insert.bind(1, run);
    insert.bind(
        2, Json{{"what", "AUTH PLAIN " + base64(std::string(1, '\0') + address + std::string(1, '\0') + password) +
                             "\naccess_token=" + token + " " + password + " " + base64(password) + " " + address + " " +
                             machine + " " + short_machine}}
               .dump());
    insert.exec();
  }
  Finished suspend() {
    host.execute("DEMOSTAT", "INSERT INTO DEMOSTAT VALUES(9, '20209999')");
    return host.dfinstall({"update", host.release("1.10").string()});
  }
  /// Made now and unpacked by tar alone.
  fs::path unpacked(const Json& document) {
    const auto target = host.directory() / "unpacked";
    fs::remove_all(target);
    fs::create_directories(target);
    EXPECT_TRUE(ended(run({"tar", "--zstd", "-xf", document["path"], "-C", target.string()})));
    return target / fs::path(document["path"].get<std::string>()).stem().stem();
  }
  Host host;
};

std::size_t count(const std::string& text, const std::string& pattern) {
  const std::regex expression(pattern);
  return static_cast<std::size_t>(
      std::distance(std::sregex_iterator(text.begin(), text.end(), expression), std::sregex_iterator()));
}

TEST_F(Support, HoldsNoSecretNoNameAndNoRow) {
  plant();
  ASSERT_TRUE(ended(suspend(), 30, msg::verify_failed));
  plant_in_log(1);
  plant_in_log(2);
  // They are there, or this test would prove nothing.
  for (const auto& planted : {password, token, address, machine, short_machine})
    EXPECT_EQ(run({"grep", "-rqaF", planted, host.root().string()}).exit, 0) << planted;
  EXPECT_THAT(read_file(host.state("evidence/2-1.json")), HasSubstr(token));
  const auto finished = host.dfinstall({"support"});
  ASSERT_TRUE(ended(finished));
  const auto bundle = unpacked(finished.json());
  for (const auto& planted :
       {password, base64(password), argument, token, address, machine, short_machine, row, std::string("planted")})
    EXPECT_EQ(run({"grep", "-raF", planted, bundle.string()}).out, "") << planted;
}

TEST_F(Support, LearnsASecretWithBlanksAroundItAndPastAFileThatCannotBeRead) {
  plant();
  write(host.config("secret"), " " + password + " \r\n");
  replace_in(host.config("demo.toml"), "port = 25", "a_token_file = \".\"\nport = 25");
  plant_in_log(1);
  const auto bundle = unpacked(host.dfinstall({"support"}).json());
  for (const auto& planted : {password, base64(password)})
    EXPECT_EQ(run({"grep", "-raF", planted, bundle.string()}).out, "") << planted;
}

TEST_F(Support, SaysExactlyWhatWasMaskedWhere) {
  plant();
  ASSERT_TRUE(ended(suspend(), 30, msg::verify_failed));
  plant_in_log(1);
  const auto document = host.dfinstall({"support"}).json();
  const auto bundle = unpacked(document);
  const auto listed = read_file(bundle / "masked.txt");
  EXPECT_THAT(listed, HasSubstr("configuration/DEMOCONF.toml: 1 secret, 1 address, 2 host\n"));
  EXPECT_THAT(listed, HasSubstr("joblog/00001.txt: 3 secret, 1 auth, 1 address, 2 host\n"));
  std::map<std::string, std::map<std::string, std::size_t>> masked;
  for (const auto& entry : document["masked"]) masked[entry["part"]][entry["kind"]] = entry["count"];
  for (const auto& part : document["parts"]) {
    const auto name = part["part"].get<std::string>();
    if (name == "masked.txt" || name == "journal.db") continue;
    auto& kinds = masked[name];
    const auto text = read_file(bundle / name);
    EXPECT_EQ(count(text, "\\*\\*\\*"), kinds["secret"] + kinds["token"] + kinds["auth"] + kinds["record"]) << name;
    EXPECT_EQ(count(text, "\\[address \\d+\\]"), kinds["address"]) << name;
    EXPECT_EQ(count(text, "\\[host \\d+\\]"), kinds["host"]) << name;
  }
}

TEST_F(Support, HasEverythingAPersonWithoutDfinstallNeeds) {
  ASSERT_TRUE(ended(suspend(), 30, msg::verify_failed));
  const auto file = host.directory() / "for the hotline.tar.zst";
  const auto document = host.dfinstall({"support", "--out", file.string()}).json();
  ASSERT_EQ(document["exit"], 0) << document;
  EXPECT_EQ(document["path"], file.string());
  EXPECT_EQ(document["bytes"], fs::file_size(file));
  EXPECT_EQ(document["sha256"], sha256_file(file));
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  const auto target = host.directory() / "unpacked";
  fs::create_directories(target);
  ASSERT_TRUE(ended(run({"tar", "--zstd", "-xf", file.string(), "-C", target.string()})));
  const auto bundle = fs::directory_iterator(target)->path();
  std::string names;
  for (const auto& part : document["parts"]) {
    names += part["part"].get<std::string>() + " ";
    EXPECT_EQ(part["bytes"], fs::file_size(bundle / part["part"].get<std::string>()));
  }
  EXPECT_EQ(
      names,
      "aborts/2-DEMOSTAT.txt configuration/DEMOCONF.toml data-files.json evidence/2-1.json inventory/1.00.g1.json "
      "joblog/00001.json joblog/00001.txt joblog/00002.json joblog/00002.txt journal.db versions.json masked.txt ");
  EXPECT_THAT(read_file(bundle / "joblog/00002.txt"), HasSubstr("DFI5011"));
  EXPECT_EQ(parse_json(read_file(bundle / "evidence/2-1.json"), "")["error"]["name"], "verify_failed");
  EXPECT_EQ(parse_json(read_file(bundle / "versions.json"), "")["installed"]["version"], "1.00");
  const auto files = parse_json(read_file(bundle / "data-files.json"), "");
  ASSERT_EQ(files.size(), 5u);
  EXPECT_EQ(files[2]["name"], "DEMOSTAT");
  EXPECT_EQ(files[2]["rows"], 3);
  EXPECT_EQ(files[2]["level"], 1);
  // A copy that any SQLite opens, also on a medium that cannot be written.
  SQLite::Database journal("file:" + (bundle / "journal.db").string() + "?immutable=1",
                           SQLite::OPEN_READONLY | SQLite::OPEN_URI);
  EXPECT_EQ(journal.execAndGet("SELECT count(*) FROM run").getInt(), 2);
  EXPECT_EQ(journal.execAndGet("PRAGMA integrity_check").getString(), "ok");
  EXPECT_THAT(host.text({"support"}).out, HasSubstr("tar --zstd -xf"));
}

TEST_F(Support, NamesThePartThatItCannotRedact) {
  write(host.state("aborts/9-OTHER.txt"), "no \xff UTF-8");
  auto refused = host.dfinstall({"support"});
  ASSERT_TRUE(ended(refused, 41, msg::not_redactable));
  EXPECT_EQ(refused.json()["error"]["args"]["part"], "aborts/9-OTHER.txt");
  EXPECT_FALSE(fs::exists(host.state("support")) && !fs::is_empty(host.state("support"))) << "nothing half is left";
  auto document = host.dfinstall({"support", "--leave-out", "aborts/9-OTHER.txt"}).json();
  EXPECT_EQ(document["exit"], 0);
  EXPECT_EQ(document["left_out"], Json({"aborts/9-OTHER.txt"}));
  EXPECT_THAT(read_file(unpacked(document) / "masked.txt"), HasSubstr("aborts/9-OTHER.txt: left out\n"));
  EXPECT_TRUE(ended(host.dfinstall({"support", "--leave-out", "nothing"}), 4, msg::support_part_unknown));
  fs::remove(host.state("aborts/9-OTHER.txt"));
  write(host.config("demo.toml"), "port = [[[ \"" + password + "\"");
  refused = host.dfinstall({"support"});
  ASSERT_TRUE(ended(refused, 41, msg::not_redactable));
  EXPECT_EQ(refused.json()["error"]["args"]["part"], "configuration/DEMOCONF.toml");
  EXPECT_THAT(refused.out, Not(HasSubstr(password)));
}

TEST_F(Support, IsMadeWhileARunWorks) {
  Child update(host.words({"update", host.release("1.10").string()}, DFI_CRASH_PROGRAM),
               {"DFI_PAUSE_AT=.dfinstall/2/DEMOLOG"});
  ASSERT_TRUE(update.stopped());
  EXPECT_TRUE(ended(host.dfinstall({"support"})));
  update.kill(SIGCONT);
  EXPECT_TRUE(ended(update.wait()));
}

}  // namespace
}  // namespace dfi::test
