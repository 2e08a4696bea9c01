// SPDX-License-Identifier: Apache-2.0
// A scripted SMTP server on a loopback port, in a thread of the test. Without a script it is a well-behaved server that
// takes everything; a script replaces single answers.
#pragma once
#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/faxmail/wire.hpp"

namespace faxmail::test {

/// After an act: the peer goes on as if the act were its answer (that took or refused the command), gives its normal
/// answer too, or closes.
enum class Then { go_on, refused, answer, close };
using Act = std::function<Then(Wire& wire)>;

/// Says exactly these bytes.
Act say(std::string bytes);
Act refuse(std::string bytes);
Act say_and_close(std::string bytes);
Act slowly(std::string bytes, std::chrono::milliseconds pause = std::chrono::milliseconds(0));
/// Says these bytes and then nothing; does not read either.
Act stall(std::string bytes = {});
Act reset();
/// The first time only.
Act once(Act act);

struct PeerScript {
  /// What happens at a verb instead of its answer, every time; "GREETING", "BODY" (after the 354), "DOT" and "CONNECT"
  /// (before anything) too.
  std::map<std::string, Act> acts;
  /// Answers to a verb ("RCPT", "MAIL", "DATA", "DOT", "GREETING", "STARTTLS", …) or to a whole command line, used up
  /// in order before the normal answer. "CLOSE" closes the connection.
  std::map<std::string, std::deque<std::string>> answers;
  std::vector<std::string> capabilities{"SIZE 10000000", "8BITMIME", "PIPELINING"};
  std::vector<std::string> capabilities_in_tls;
  bool starttls = false, implicit_tls = false;
  int tls_version = 0;          // the only one spoken; 0 = any
  std::string behind_starttls;  // plain bytes in the packet of the 220
  std::string user, password;   // of AUTH
};

struct ReceivedMail {
  std::string from;
  std::vector<std::string> to;
  std::string data;  // as on the line, stuffed
};

class SmtpPeer {
 public:
  explicit SmtpPeer(PeerScript script = {}, Identity identity = {});
  ~SmtpPeer();

  int port() const { return port_; }
  std::vector<ReceivedMail> mails() const;
  /// Every command line received, "<dot>" for the end of a mail.
  std::vector<std::string> commands() const;
  std::size_t count(const std::string& command_start) const;
  int connections() const { return connections_; }

 private:
  void run();
  void serve(Wire& wire);
  bool answer(Wire& wire, ReceivedMail& mail, const std::string& line);
  bool data(Wire& wire, ReceivedMail& mail);
  bool authenticate(Wire& wire, const std::string& line);
  Then act(const std::string& verb, Wire& wire);
  std::string offer(bool encrypted) const;
  std::string scripted(const std::string& verb, const std::string& line, const std::string& normal);
  void note(const std::string& line);

  PeerScript script_;
  Identity identity_;
  dfi::Fd listener_;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<ReceivedMail> mails_;
  std::vector<std::string> commands_;
  std::atomic<int> connections_{0};
  std::atomic<bool> ending_{false};
  std::set<int> client_fds_;
  std::vector<std::thread> clients_;
  std::thread thread_;
};

}  // namespace faxmail::test
