// SPDX-License-Identifier: Apache-2.0
#include "tests/faxmail/smtp_peer.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <csignal>

#include "base/error.hpp"
#include "payloads/faxmail/message/encoding.hpp"
#include "tests/faxmail/loopback.hpp"

namespace faxmail::test {

Act say(std::string bytes) {
  return [bytes](Wire& wire) { return wire.send(bytes) ? Then::go_on : Then::close; };
}

Act refuse(std::string bytes) {
  return [bytes](Wire& wire) { return wire.send(bytes) ? Then::refused : Then::close; };
}

Act say_and_close(std::string bytes) {
  return [bytes](Wire& wire) {
    wire.send(bytes);
    return Then::close;
  };
}

Act slowly(std::string bytes, std::chrono::milliseconds pause) {
  return [bytes, pause](Wire& wire) { return wire.send_slowly(bytes, pause) ? Then::go_on : Then::close; };
}

Act stall(std::string bytes) {
  return [bytes](Wire& wire) {
    wire.send(bytes);
    wire.stall();
    return Then::close;
  };
}

Act reset() {
  return [](Wire& wire) {
    wire.reset();
    return Then::close;
  };
}

Act once(Act act) {
  return [act = std::move(act), done = std::make_shared<std::atomic<bool>>(false)](Wire& wire) {
    return done->exchange(true) ? Then::answer : act(wire);
  };
}

SmtpPeer::SmtpPeer(PeerScript script, Identity identity) : script_(std::move(script)), identity_(std::move(identity)) {
  listener_ = listen_on_loopback(port_);
  thread_ = std::thread([this] { run(); });
}

SmtpPeer::~SmtpPeer() {
  ending_ = true;
  ::shutdown(listener_.get(), SHUT_RDWR);
  thread_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : client_fds_) ::shutdown(fd, SHUT_RDWR);
  }
  for (auto& client : clients_) client.join();
}

std::vector<ReceivedMail> SmtpPeer::mails() const {
  const std::lock_guard lock(mutex_);
  return mails_;
}

std::vector<std::string> SmtpPeer::commands() const {
  const std::lock_guard lock(mutex_);
  return commands_;
}

std::size_t SmtpPeer::count(const std::string& start) const {
  const auto all = commands();
  return static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [&](const auto& command) { return command.rfind(start, 0) == 0; }));
}

void SmtpPeer::note(const std::string& line) {
  const std::lock_guard lock(mutex_);
  commands_.push_back(line);
}

void SmtpPeer::run() {
  while (!ending_) {
    dfi::Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!fd) return;
    ++connections_;
    {
      const std::lock_guard lock(mutex_);
      client_fds_.insert(fd.get());
    }
    clients_.emplace_back([this, wire = std::make_shared<Wire>(std::move(fd))] {
      const int number = wire->fd();
      serve(*wire);
      // Only now may the number be used again.
      const std::lock_guard lock(mutex_);
      client_fds_.erase(number);
    });
  }
}

void SmtpPeer::serve(Wire& wire) {
  if (act("CONNECT", wire) == Then::close) return;
  if (script_.implicit_tls && !wire.start_tls(identity_, script_.tls_version)) return;
  switch (act("GREETING", wire)) {
    case Then::close: return;
    case Then::go_on:
    case Then::refused: break;
    case Then::answer: {
      const auto greeting = scripted("GREETING", "", "220 peer.example.com ESMTP");
      if (greeting == "CLOSE") return;
      wire.send(greeting + "\r\n");
    }
  }
  ReceivedMail mail;
  while (const auto line = wire.line()) {
    note(*line);
    if (!answer(wire, mail, *line)) return;
  }
}

Then SmtpPeer::act(const std::string& verb, Wire& wire) {
  const auto found = script_.acts.find(verb);
  return found == script_.acts.end() ? Then::answer : found->second(wire);
}

std::string SmtpPeer::scripted(const std::string& verb, const std::string& line, const std::string& normal) {
  const std::lock_guard lock(mutex_);
  for (const auto& key : {line, verb}) {
    const auto found = script_.answers.find(key);
    if (found == script_.answers.end() || found->second.empty()) continue;
    auto text = found->second.front();
    found->second.pop_front();
    return text;
  }
  return normal;
}

std::string SmtpPeer::offer(bool encrypted) const {
  auto offered = encrypted ? script_.capabilities_in_tls : script_.capabilities;
  if (script_.starttls && !encrypted) offered.emplace_back("STARTTLS");
  std::string text = offered.empty() ? "250 peer.example.com" : "250-peer.example.com";
  for (std::size_t i = 0; i < offered.size(); ++i)
    text += (i + 1 == offered.size() ? "\r\n250 " : "\r\n250-") + offered[i];
  return text;
}

/// False closes the connection.
bool SmtpPeer::answer(Wire& wire, ReceivedMail& mail, const std::string& line) {
  const auto verb = line.substr(0, line.find_first_of(" "));
  std::string normal = "250 2.0.0 ok";
  if (verb == "EHLO") normal = offer(wire.encrypted());
  if (verb == "STARTTLS") normal = "220 go ahead";
  if (verb == "DATA") normal = "354 go ahead";
  if (verb == "QUIT") normal = "221 bye";
  const auto then = act(verb, wire);
  if (then == Then::close) return false;
  bool good = then == Then::go_on;
  if (then == Then::answer) {
    const auto text = scripted(verb, line, normal);
    if (text == "CLOSE") return false;
    if (verb == "AUTH" && text == normal) return authenticate(wire, line);
    wire.send(text + "\r\n" + (verb == "STARTTLS" ? script_.behind_starttls : ""));
    good = text[0] == '2' || text[0] == '3';
    if (verb == "STARTTLS" && good) return wire.start_tls(identity_, script_.tls_version);
    if (verb == "DATA" && text[0] == '3') return data(wire, mail);
  }
  if (verb == "RSET") mail = {};
  if (verb == "MAIL") mail = {good ? line.substr(5) : std::string(), {}, {}};
  if (verb == "RCPT" && good && !mail.from.empty()) mail.to.push_back(line.substr(9, line.find('>') - 9));
  return verb != "QUIT";
}

bool SmtpPeer::data(Wire& wire, ReceivedMail& mail) {
  if (act("BODY", wire) == Then::close) return false;
  for (;;) {
    const auto line = wire.line();
    if (!line) return false;
    if (*line == ".") break;
    mail.data += *line + "\r\n";
  }
  note("<dot>");
  {
    const std::lock_guard lock(mutex_);
    if (!mail.to.empty()) mails_.push_back(mail);
  }
  if (const auto then = act("DOT", wire); then != Then::answer) return then == Then::go_on;
  const auto text = scripted("DOT", "", "250 2.0.0 queued");
  if (text == "CLOSE") return false;
  return wire.send(text + "\r\n");
}

bool SmtpPeer::authenticate(Wire& wire, const std::string& line) {
  bool right = line == "AUTH PLAIN " + base64('\0' + script_.user + '\0' + script_.password);
  if (line == "AUTH LOGIN") {
    wire.send("334 VXNlcm5hbWU6\r\n");
    const auto user = wire.line();
    wire.send("334 UGFzc3dvcmQ6\r\n");
    const auto password = wire.line();
    right = user == base64(script_.user) && password == base64(script_.password);
  }
  return wire.send(right ? "235 2.7.0 ok\r\n" : "535 5.7.8 bad credentials\r\n");
}

}  // namespace faxmail::test
