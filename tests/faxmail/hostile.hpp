// SPDX-License-Identifier: Apache-2.0
// One hostile server, one mail, the whole engine: what becomes of the mail and of its account. The cases carry the
// numbers of the mail study, section 6.2.
#pragma once
#include <gtest/gtest.h>

#include "tests/faxmail/product_fixture.hpp"
#include "tests/faxmail/smtp_peer.hpp"

namespace faxmail::test::hostile {

/// Short enough for a test, and the only time-out that is shortened in a case: all others keep the patience of a
/// slow machine.
constexpr std::chrono::milliseconds brief{250};
/// Every case ends within this many times the shortened time-out.
constexpr int most = 40;

/// What is expected after the first attempt.
struct Verdict {
  std::string status = "sent";  // of the mail in FAXKA
  std::string why;              // its reason to wait
  /// Of the message an operator reads ("DFI7302"), empty: none.
  std::string message;
  std::string words;  // that must stand in what the engine says
  /// Whom the trouble concerns: network and server pause alike.
  std::optional<Scope> scope;
  std::string code;  // of the last row in FAXSTAT, empty: no row, nobody has said anything about this mail
  int smtp = 250;
  std::size_t taken = 1;  // mails the server got
};

// The usual verdicts; `message` and `words` as above.
Verdict sent();
/// T of the study: the mail waits as if it had not been tried, the server or the network is paused.
Verdict later(std::string message, std::string words = {});
/// H: the same for the account.
Verdict account_waits(std::string message, std::string words = {});
/// The mail itself was told to come later, or the line broke within its body.
Verdict mail_later(int smtp);
/// F.
Verdict failed(int smtp, std::string words = {});
/// U: the final dot has left, no answer came.
Verdict uncertain(std::string message, std::string words = {});

struct Case {
  std::string name;
  std::function<void(PeerScript&)> server;
  Verdict verdict;
  std::function<void(Account&)> account = [](Account&) {};
  std::function<void(Submission&)> mail = [](Submission&) {};
};
void PrintTo(const Case& one, std::ostream* out);
std::string name_of(const testing::TestParamInfo<Case>& info);

/// What was seen at the moment the attempt had ended.
struct Seen {
  bool ended = false;  // within the time
  std::string said, status, why, code, text, trace;
  int smtp = 0;
  std::int64_t tries = 0;
};

class World {
 public:
  World();

  /// An account for the peer: one connection, generous time-outs.
  Account account(const SmtpPeer& peer) const;
  /// For encrypted cases: trusts our authority, STARTTLS, a login.
  void encrypt(Account& account) const;
  std::int64_t submit(const std::function<void(Submission&)>& change = [](Submission&) {});
  /// Runs the engine until `done` or the time is over.
  std::string run(const Account& account, const std::function<bool()>& done);
  /// Runs the engine until the attempt of this mail has ended, whatever came of it.
  Seen attempt(const Account& account, std::int64_t mail);

  const Product& product() const { return product_; }
  const Authority& authority() const { return authority_; }
  Settings settings;

 private:
  Product product_{Release::v606};
  Authority authority_;
  Queue queue_;
  int mails_ = 0;
};

void expect(const Verdict& wanted, const Seen& seen, const SmtpPeer& peer);
void play(const Case& one, Identity identity = {}, World* world = nullptr);

/// Account changes for cases.
std::function<void(Account&)> briefly(std::chrono::milliseconds Timeouts::*phase);

}  // namespace faxmail::test::hostile
