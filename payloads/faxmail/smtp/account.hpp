// SPDX-License-Identifier: Apache-2.0
// Where, as whom and how fast mails are handed in: everything a session and the engine need to know of one account of
// FAXMAILC. Plain data; config/accounts.cpp makes it, and every limit has been checked there.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "payloads/faxmail/config/secret.hpp"

namespace faxmail {

struct Endpoint {
  std::string server;
  int port = 25;
};

struct TlsSettings {
  std::filesystem::path ca_file;    // empty: the CA bundle of the system
  std::string minimum;              // "1.0", "1.2" or "1.3"
  std::string name;                 // expected in the certificate and sent as SNI; empty: the server's
  std::vector<std::string> pins;    // SHA-256 of the certificate, 64 hex digits, lower case; empty: none
  bool verify = true;               // false only together with a pin, which then is the proof
  std::filesystem::path cert_file;  // client certificate (PEM, with its chain) and key; empty: none
  std::filesystem::path key_file;
};

/// Takes a secret from where it is kept at the moment it is needed, so that it can be changed without a restart.
/// Throws Error mail_secret_… or oauth_….
using SecretProvider = std::function<Secret()>;

/// How long each phase may take in all (RFC 5321 4.5.3.2; greeting shorter, since nothing is lost by trying again).
struct Timeouts {
  std::chrono::milliseconds connect{20'000}, greeting{60'000}, ehlo{60'000}, tls{30'000}, login{60'000},
      envelope{300'000}, data{120'000}, block{180'000}, dot{600'000}, quit{5'000};
  /// How long a silent port is listened to before the port/mode pair is doubted (decision D6).
  std::chrono::milliseconds doubt{1'000};
};

struct Limits {
  int max_connections = 2;
  int rate_per_minute = 0;  // 0: off
  int burst = 5;
  int max_per_connection = 100;
  std::chrono::seconds idle_close{60}, session_max{600};
  std::int64_t size_limit = 0;  // bytes; 0: the server's SIZE alone
};

struct Account {
  enum class Encryption { none, opportunistic, starttls, implicit };

  std::string name = "default";
  /// Set: the account cannot be used yet, and why; nothing else is valid then.
  std::optional<dfi::Error> incomplete;
  std::vector<std::string> senders;  // "a@example.com" or "@example.com"; the default account takes all others
  Endpoint endpoint;
  Encryption encryption = Encryption::none;
  TlsSettings tls;
  std::string auth = "*NONE";
  bool plain_without_tls = false;  // *PLAIN and *LOGIN also on an unencrypted line
  std::string user;
  SecretProvider password;            // empty: none
  SecretProvider token;               // empty: none; an access token of OAuth 2
  std::function<void()> token_spent;  // the server refused the token: get a new one next time
  std::string helo_name;
  std::string dsn_notify;  // "FAILURE,DELAY", "NEVER", … for servers that offer DSN; empty: not asked for
  Timeouts timeouts;
  Limits limits;
};

}  // namespace faxmail
