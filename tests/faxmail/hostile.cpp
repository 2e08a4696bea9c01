// SPDX-License-Identifier: Apache-2.0
#include "tests/faxmail/hostile.hpp"

#include <thread>

#include "base/clock.hpp"
#include "payloads/faxmail/config/accounts.hpp"
#include "payloads/faxmail/engine/engine.hpp"

namespace faxmail::test::hostile {

Verdict sent() {
  Verdict verdict;
  verdict.code = "SENT";
  return verdict;
}

Verdict later(std::string message, std::string words) {
  return {"queued", "", std::move(message), std::move(words), Scope::server, "", 0, 0};
}

Verdict account_waits(std::string message, std::string words) {
  return {"queued", "", std::move(message), std::move(words), Scope::account, "", 0, 0};
}

Verdict mail_later(int smtp) { return {"queued", "", "", "", std::nullopt, "RETRY", smtp, 0}; }

Verdict failed(int smtp, std::string words) {
  return {"failed", "", "", std::move(words), std::nullopt, "FAIL", smtp, 0};
}

Verdict uncertain(std::string message, std::string words) {
  return {"queued", "uncertain", std::move(message), std::move(words), Scope::server, "RETRY", 0, 1};
}

void PrintTo(const Case& one, std::ostream* out) { *out << one.name; }
std::string name_of(const testing::TestParamInfo<Case>& info) { return info.param.name; }

World::World() : queue_(product_.queue()) {
  product_.configure("server = \"127.0.0.1\"\n");
  authority_.write_pem(product_.layout().config_directory() / "ca.pem");
  settings = settings_of(product_.config(), product_.layout());
}

Account World::account(const SmtpPeer& peer) const {
  Account account;
  account.endpoint = {"127.0.0.1", peer.port()};
  account.tls.minimum = "1.2";
  account.limits.max_connections = 1;
  return account;
}

void World::encrypt(Account& account) const {
  account.encryption = Account::Encryption::starttls;
  account.tls.ca_file = product_.layout().config_directory() / "ca.pem";
}

std::int64_t World::submit(const std::function<void(Submission&)>& change) {
  Submission submission;
  submission.user = "tester";
  submission.from = "fax@example.com";
  submission.to = {"a@example.com"};
  submission.message_id = "<" + std::to_string(++mails_) + "@example.com>";
  submission.options.notify = "NEVER";  // a report would be one mail more
  submission.message = "Message-ID: " + submission.message_id + "\r\n\r\nHello\r\n";
  change(submission);
  return queue_.submit(submission).id;
}

std::string World::run(const Account& account, const std::function<bool()>& done) {
  std::mutex mutex;
  std::string said;
  Stop stop;
  const Log log(product_.texts(), [&](const std::string& line) {
    const std::lock_guard lock(mutex);
    said += line + "\n";
  });
  std::thread thread([&] {
    Engine engine(product_.layout(), product_.capability(), {account}, settings, stop, log);
    engine.recover();
    engine.run();
  });
  const auto deadline = dfi::monotonic_ms() + most * brief.count();
  while (!done() && dfi::monotonic_ms() < deadline) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  stop.request();
  thread.join();
  return said;
}

Seen World::attempt(const Account& account, std::int64_t mail) {
  Seen seen;
  auto said = run(account, [&] {
    const auto entry = *queue_.find(mail);
    seen.status = entry.status;
    seen.why = entry.reason;
    seen.tries = entry.tries;
    const bool moving = entry.status == "active" || entry.status == "dot";
    seen.ended = !moving && (entry.status != "queued" || entry.tries > 0 || !queue_.note("account:default").empty());
    return seen.ended;
  });
  seen.said = std::move(said);
  const auto rows = product_.results().of(mail);
  if (!rows.empty()) {
    seen.code = rows.back().code;
    seen.smtp = static_cast<int>(rows.back().smtp);
    seen.text = rows.back().text;
  }
  return seen;
}

void expect(const Verdict& wanted, const Seen& seen, const SmtpPeer& peer) {
  EXPECT_TRUE(seen.ended) << "not within " << most << " times the time-out of the phase";
  EXPECT_EQ(seen.status, wanted.status);
  EXPECT_EQ(seen.why, wanted.why);
  EXPECT_EQ(seen.tries, wanted.code.empty() ? 0 : 1);
  EXPECT_EQ(seen.code, wanted.code);
  EXPECT_EQ(seen.smtp, wanted.code.empty() ? 0 : wanted.smtp);
  EXPECT_NE(seen.said.find(wanted.message), std::string::npos);
  EXPECT_EQ(seen.said.find(" DFI") != std::string::npos, !wanted.message.empty());
  EXPECT_NE(seen.said.find(wanted.words), std::string::npos) << wanted.words;
  EXPECT_EQ(seen.said.find("default: next attempt in") != std::string::npos, wanted.scope.has_value());
  // The first pause of an account is a minute, of a server a second.
  const auto* pause = wanted.scope == Scope::account ? "default: next attempt in 60 s" : "default: next attempt in 1 s";
  EXPECT_NE(seen.said.find(wanted.scope ? pause : ""), std::string::npos);
  EXPECT_EQ(peer.mails().size(), wanted.taken);
  if (testing::Test::HasFailure()) ADD_FAILURE() << seen.said << seen.text;
}

void play(const Case& one, Identity identity, World* world) {
  std::optional<World> own;
  if (!world) world = &own.emplace();
  PeerScript script;
  one.server(script);
  SmtpPeer peer(std::move(script), std::move(identity));
  auto account = world->account(peer);
  one.account(account);
  expect(one.verdict, world->attempt(account, world->submit(one.mail)), peer);
}

std::function<void(Account&)> briefly(std::chrono::milliseconds Timeouts::*phase) {
  return [phase](Account& account) { account.timeouts.*phase = brief; };
}

}  // namespace faxmail::test::hostile
