// SPDX-License-Identifier: Apache-2.0
#include "tests/faxmail/smtp_peer.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <csignal>

#include "base/error.hpp"
#include "payloads/faxmail/message/encoding.hpp"

namespace faxmail::test {

struct SmtpPeer::Client {
  dfi::Fd fd;
  dfi::Handle<SSL_CTX, ::SSL_CTX_free> context{};
  dfi::Handle<SSL, ::SSL_free> ssl{};
  std::string buffer{};
  ReceivedMail mail{};

  void write(const std::string& bytes) {
    if (ssl)
      ::SSL_write(ssl.get(), bytes.data(), static_cast<int>(bytes.size()));
    else
      ::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

  /// Without line end; false at the end of the connection.
  bool read_line(std::string& line) {
    for (;;) {
      const auto end = buffer.find("\r\n");
      if (end != std::string::npos) {
        line = buffer.substr(0, end);
        buffer.erase(0, end + 2);
        return true;
      }
      char bytes[4096];
      const ssize_t size = ssl ? ::SSL_read(ssl.get(), bytes, sizeof bytes) : ::recv(fd.get(), bytes, sizeof bytes, 0);
      if (size <= 0) return false;
      buffer.append(bytes, static_cast<std::size_t>(size));
    }
  }

  bool start_tls(const Identity& identity, int version) {
    context.reset(::SSL_CTX_new(::TLS_server_method()));
    ::SSL_CTX_use_certificate(context.get(), identity.certificate.get());
    ::SSL_CTX_use_PrivateKey(context.get(), identity.key.get());
    if (version != 0) {
      ::SSL_CTX_set_security_level(context.get(), 0);
      ::SSL_CTX_set_min_proto_version(context.get(), version);
      ::SSL_CTX_set_max_proto_version(context.get(), version);
    }
    ssl.reset(::SSL_new(context.get()));
    ::SSL_set_fd(ssl.get(), fd.get());
    return ::SSL_accept(ssl.get()) == 1;
  }
};

SmtpPeer::SmtpPeer(PeerScript script, Identity identity) : script_(std::move(script)), identity_(std::move(identity)) {
  std::signal(SIGPIPE, SIG_IGN);  // SSL_write to a client that has gone
  listener_ = dfi::Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  dfi::require(::bind(listener_.get(), generic, size) == 0 && ::listen(listener_.get(), 16) == 0 &&
                   ::getsockname(listener_.get(), generic, &size) == 0,
               "a listening socket");
  port_ = ntohs(address.sin_port);
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
    clients_.emplace_back([this, taken = std::make_shared<dfi::Fd>(std::move(fd))] {
      Client client{std::move(*taken)};
      serve(client);
      const std::lock_guard lock(mutex_);
      client_fds_.erase(client.fd.get());
    });
  }
}

void SmtpPeer::serve(Client& client) {
  if (script_.implicit_tls && !client.start_tls(identity_, script_.tls_version)) return;
  const auto greeting = scripted("GREETING", "", "220 peer.example.com ESMTP");
  if (greeting == "CLOSE") return;
  client.write(greeting + "\r\n");
  for (std::string line; client.read_line(line);) {
    note(line);
    if (!answer(client, line)) return;
  }
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

/// False closes the connection.
bool SmtpPeer::answer(Client& client, const std::string& line) {
  const auto verb = line.substr(0, line.find_first_of(" "));
  std::string normal = "250 2.0.0 ok";
  if (verb == "EHLO") {
    auto offered = client.ssl ? script_.capabilities_in_tls : script_.capabilities;
    if (script_.starttls && !client.ssl) offered.push_back("STARTTLS");
    normal = offered.empty() ? "250 peer.example.com" : "250-peer.example.com";
    for (std::size_t i = 0; i < offered.size(); ++i)
      normal += (i + 1 == offered.size() ? "\r\n250 " : "\r\n250-") + offered[i];
  }
  if (verb == "STARTTLS") normal = "220 go ahead";
  if (verb == "DATA") normal = "354 go ahead";
  if (verb == "QUIT") normal = "221 bye";
  const auto text = scripted(verb, line, normal);
  if (text == "CLOSE") return false;
  if (verb == "AUTH" && text == normal) return authenticate(client, line);
  client.write(text + "\r\n" + (verb == "STARTTLS" ? script_.behind_starttls : ""));
  const bool good = text[0] == '2' || text[0] == '3';
  if (verb == "STARTTLS" && good) return client.start_tls(identity_, script_.tls_version);
  if (verb == "RSET") client.mail = {};
  if (verb == "MAIL" && good) client.mail = {line.substr(5), {}, {}};
  if (verb == "RCPT" && good) client.mail.to.push_back(line.substr(9, line.find('>') - 9));
  if (verb == "DATA" && text[0] == '3') return data(client, client.mail);
  return verb != "QUIT";
}

bool SmtpPeer::data(Client& client, ReceivedMail& mail) {
  std::string line;
  while (client.read_line(line) && line != ".") mail.data += line + "\r\n";
  if (line != ".") return false;
  note("<dot>");
  {
    const std::lock_guard lock(mutex_);
    if (!mail.to.empty()) mails_.push_back(mail);
  }
  const auto text = scripted("DOT", "", "250 2.0.0 queued");
  if (text == "CLOSE") return false;
  client.write(text + "\r\n");
  return true;
}

bool SmtpPeer::authenticate(Client& client, const std::string& line) {
  std::string user, password;
  if (line == "AUTH LOGIN") {
    client.write("334 VXNlcm5hbWU6\r\n");
    if (!client.read_line(user)) return false;
    client.write("334 UGFzc3dvcmQ6\r\n");
    if (!client.read_line(password)) return false;
    const bool right = user == base64(script_.user) && password == base64(script_.password);
    client.write(right ? "235 2.7.0 ok\r\n" : "535 5.7.8 bad credentials\r\n");
    return true;
  }
  const auto expected = "AUTH PLAIN " + base64('\0' + script_.user + '\0' + script_.password);
  client.write(line == expected ? "235 2.7.0 ok\r\n" : "535 5.7.8 bad credentials\r\n");
  return true;
}

}  // namespace faxmail::test
