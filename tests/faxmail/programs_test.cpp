// SPDX-License-Identifier: Apache-2.0
// The real programs, as an operator and systemd run them.
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/gate.hpp"
#include "base/process.hpp"
#include "tests/faxmail/product_fixture.hpp"
#include "tests/faxmail/smtp_peer.hpp"

namespace faxmail::test {
namespace {

using testing::HasSubstr;

bool wait_for(const std::function<bool()>& condition) {
  const auto deadline = dfi::monotonic_ms() + 10'000;
  while (dfi::monotonic_ms() < deadline) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

class ProgramsTest : public testing::Test {
 protected:
  ~ProgramsTest() override {
    if (daemon_.pid > 0 && dfi::send_signal(daemon_, SIGKILL)) dfi::wait_gone(daemon_, std::chrono::seconds(10));
  }

  dfi::ProgramResult faxmail(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {FAXMAIL_PROGRAM, "--root", product_.layout().root, "--lang", "en"});
    return dfi::run_program(arguments);
  }
  dfi::Json json(std::vector<std::string> arguments) const {
    arguments.push_back("--json");
    return dfi::Json::parse(faxmail(std::move(arguments)).output);
  }
  dfi::ProgramResult send(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"send",      "--from", "fax@example.com", "--to", "a@example.com",
                                       "--subject", "Fax"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return faxmail(arguments);
  }
  void start_daemon(const std::vector<std::string>& environment = {}) {
    daemon_ =
        dfi::spawn_detached({FAXMAILD_PROGRAM, "--root", product_.layout().root, "--lang", "en"}, environment, log());
  }
  std::string log() const { return product_.layout().root / "log"; }
  bool said(const std::string& text) const {
    return dfi::read_file_if_exists(log()).value_or("").find(text) != std::string::npos;
  }
  void close_gate(dfi::gate::Phase phase) const {
    dfi::gate::set_marker(product_.layout().data(), {"7 (update)", phase, dfi::now_utc(), 1});
  }

  Product product_;
  dfi::ProcessIdentity daemon_;
};

TEST_F(ProgramsTest, SendStoresAMailAndPrintsItsId) {
  const auto result = send();
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.output, "1\n");
  const auto list = json({"queue", "list", "--status", "queued"});
  EXPECT_EQ(list["mails"].size(), 1u);
  EXPECT_EQ(list["counts"]["queued"], 1);
  EXPECT_EQ(list["mails"][0]["recipients"][0]["address"], "a@example.com");
}

TEST_F(ProgramsTest, SendRefusesWhatItCannotSend) {
  EXPECT_EQ(faxmail({"send"}).status, 64);
  EXPECT_EQ(faxmail({"send", "--to", "a@example.com"}).status, 64);
  EXPECT_EQ(send({"--to", "nobody"}).status, 65);
  EXPECT_EQ(send({"--attach", "/etc/hostname"}).status, 65);
  EXPECT_EQ(faxmail({"send", "--from", "fax@example.com", "--to", "a@example.com", "--subject", "a\nBcc: b"}).status,
            65);
  EXPECT_EQ(json({"queue"})["mails"].size(), 0u);
}

TEST_F(ProgramsTest, ClosedGateStopsSendAndEngineAndNamesTheRun) {
  for (const auto phase : {dfi::gate::Phase::closed, dfi::gate::Phase::held}) {
    close_gate(phase);
    const auto refused = send();
    EXPECT_EQ(refused.status, 75);
    EXPECT_THAT(refused.output, HasSubstr("7 (update)"));
    EXPECT_EQ(faxmail({"selftest"}).status, 0);
    EXPECT_EQ(json({"queue"})["ok"], true);
  }
  close_gate(dfi::gate::Phase::closed);
  const auto daemon = dfi::run_program({FAXMAILD_PROGRAM, "--root", product_.layout().root});
  EXPECT_EQ(daemon.status, 75);
  EXPECT_THAT(daemon.output, HasSubstr("7 (update)"));
}

TEST_F(ProgramsTest, HeldEngineTakesNoWorkUntilTheGateOpens) {
  SmtpPeer peer;
  product_.configure_peer(peer.port());
  send();
  std::string area(area_length, ' ');
  area[221] = 'M';
  std::ofstream(product_.layout().data_file("FAXDTAARA")) << area;
  close_gate(dfi::gate::Phase::held);
  start_daemon();
  ASSERT_TRUE(wait_for([&] { return said("no mail is sent until"); })) << dfi::read_file(log());
  std::this_thread::sleep_for(std::chrono::milliseconds(400));
  EXPECT_EQ(peer.connections(), 0);
  EXPECT_EQ(dfi::read_file(product_.layout().data_file("FAXDTAARA"))[221], 'M');
  fs::remove(product_.layout().data() / ".dfinstall/gate");
  EXPECT_TRUE(wait_for([&] { return product_.status(1) == "sent"; }));
  EXPECT_EQ(dfi::read_file(product_.layout().data_file("FAXDTAARA"))[221], ' ');
}

TEST_F(ProgramsTest, SecondEngineIsRefusedByTheNameOfTheFirst) {
  start_daemon();
  ASSERT_TRUE(wait_for([&] { return said("is ready"); }));
  const auto second = dfi::run_program({FAXMAILD_PROGRAM, "--root", product_.layout().root});
  EXPECT_EQ(second.status, 75);
  EXPECT_THAT(second.output, HasSubstr("process " + std::to_string(daemon_.pid)));
  EXPECT_EQ(json({"status"})["engine"]["pid"], std::to_string(daemon_.pid));
}

TEST_F(ProgramsTest, EngineTellsSystemdWhenItIsReadyAndEndsOnSigterm) {
  const auto socket_path = (product_.layout().root / "notify").string();
  const dfi::Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket_path.copy(address.sun_path, sizeof address.sun_path - 1);
  const timeval patience{10, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const auto receive = [&] {
    char text[64];
    const auto size = ::recv(socket.get(), text, sizeof text, 0);
    return std::string(text, size > 0 ? static_cast<std::size_t>(size) : 0);
  };
  start_daemon({"NOTIFY_SOCKET=" + socket_path});
  EXPECT_EQ(receive(), "READY=1");
  ASSERT_TRUE(dfi::send_signal(daemon_, SIGTERM));
  EXPECT_EQ(receive(), "STOPPING=1");
  EXPECT_TRUE(dfi::wait_gone(daemon_, std::chrono::seconds(10)));
}

TEST_F(ProgramsTest, KilledEngineLosesNothing) {
  SmtpPeer peer;
  product_.configure_peer(peer.port());
  for (int i = 0; i < 30; ++i) product_.submit({"a@example.com"});
  start_daemon();
  ASSERT_TRUE(wait_for([&] { return peer.mails().size() >= 5; }));
  dfi::send_signal(daemon_, SIGKILL);
  dfi::wait_gone(daemon_, std::chrono::seconds(10));
  start_daemon();
  EXPECT_TRUE(wait_for([&] { return product_.queue().list("sent").size() == 30; })) << dfi::read_file(log());
  EXPECT_LE(peer.mails().size(), 32u) << "at most the one between dot and answer of each connection may come twice";
}

TEST_F(ProgramsTest, SelftestFindsADataFileOfAnotherLevel) {
  EXPECT_EQ(faxmail({"selftest"}).status, 0);
  product_.execute("FAXSTAT", "PRAGMA user_version=3");
  const auto report = json({"selftest"});
  EXPECT_EQ(report["exit"], 1);
  bool named = false;
  for (const auto& check : report["checks"]) named = named || (check["name"] == "FAXSTAT" && check["ok"] == false);
  EXPECT_TRUE(named);
  const auto daemon = dfi::run_program({FAXMAILD_PROGRAM, "--root", product_.layout().root});
  EXPECT_EQ(daemon.status, 78);
  EXPECT_THAT(daemon.output, HasSubstr("FAXSTAT"));
}

TEST_F(ProgramsTest, ConfigSetChangesAndCheckProves) {
  EXPECT_EQ(faxmail({"config", "check"}).status, 78);
  EXPECT_EQ(faxmail({"config", "set", "server=mail.example.com", "port=*SUBMISSION", "ssl=*YES"}).status, 0);
  EXPECT_EQ(faxmail({"config", "check"}).status, 0);
  EXPECT_EQ(json({"config"})["config"]["port"], "*SUBMISSION");
  EXPECT_EQ(faxmail({"config", "set", "nonsense=1"}).status, 64);
}

TEST_F(ProgramsTest, ErrorsComeAsOneJsonDocument) {
  const auto error = json({"queue", "show", "99"});
  EXPECT_EQ(error["ok"], false);
  EXPECT_EQ(error["exit"], 65);
  EXPECT_EQ(error["error"]["id"], "DFI7207");
  EXPECT_EQ(error["error"]["args"]["mail"], "99");
}

TEST_F(ProgramsTest, SpeakGermanWhenAsked) {
  const auto result = dfi::run_program({FAXMAIL_PROGRAM, "status", "--root", product_.layout().root, "--lang", "de"});
  EXPECT_THAT(result.output, HasSubstr("wartend"));
  EXPECT_THAT(dfi::run_program({FAXMAIL_PROGRAM, "--lang=de", "--help"}).output, HasSubstr("Warteschlange"));
}

}  // namespace
}  // namespace faxmail::test
