// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/smtp/tls.hpp"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/message/address.hpp"
#include "payloads/faxmail/message/encoding.hpp"
#include "payloads/faxmail/product/capability.hpp"
#include "payloads/faxmail/smtp/certificate.hpp"

namespace faxmail {
namespace {

using Context = dfi::Handle<SSL_CTX, ::SSL_CTX_free>;
using Ssl = dfi::Handle<SSL, ::SSL_free>;
using Certificate = dfi::Handle<X509, ::X509_free>;

std::string openssl_reason() {
  const auto code = ::ERR_get_error();
  ::ERR_clear_error();
  if (code == 0) return errno != 0 ? ::strerrordesc_np(errno) : "EOF";
  const char* text = ::ERR_reason_error_string(code);
  return text ? text : "error " + std::to_string(code);
}

bool is_address(const std::string& server) {
  unsigned char buffer[16];
  return ::inet_pton(AF_INET, server.c_str(), buffer) == 1 || ::inet_pton(AF_INET6, server.c_str(), buffer) == 1;
}

/// SNI. Not the macro of OpenSSL: it casts the old way.
bool announce_host(SSL* ssl, std::string server) {
  return ::SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, server.data()) == 1;
}

int protocol_version(const std::string& minimum) {
  if (minimum == "1.0") return TLS1_VERSION;
  if (minimum == "1.1") return TLS1_1_VERSION;
  if (minimum == "1.3") return TLS1_3_VERSION;
  return TLS1_2_VERSION;
}

}  // namespace

struct TlsStream::State {
  TlsSettings settings;
  Endpoint endpoint;
  std::string name;  // that must stand in the certificate
  Context context;
  Ssl ssl;
  Certificate refused;  // of the server: OpenSSL keeps only one it accepts

  /// Changes no verdict.
  static int note_refused(int well, X509_STORE_CTX* check) {
    auto* ssl = static_cast<SSL*>(::X509_STORE_CTX_get_ex_data(check, ::SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto* state = static_cast<State*>(::SSL_get_ex_data(ssl, 0));
    auto* certificate = ::X509_STORE_CTX_get0_cert(check);
    if (well == 0 && certificate && ::X509_up_ref(certificate) == 1) state->refused.reset(certificate);
    return well;
  }

  [[noreturn]] void failed(const std::string& reason) const {
    throw dfi::Error(dfi::msg::smtp_tls_failed,
                     {{"server", endpoint.server}, {"reason", reason}, {"minimum", settings.minimum}});
  }

  TlsFacts facts() const {
    TlsFacts facts;
    facts.version = ::SSL_get_version(ssl.get());
    if (const char* cipher = ::SSL_get_cipher_name(ssl.get())) facts.cipher = cipher;
    const Certificate accepted(::SSL_get1_peer_certificate(ssl.get()));
    auto* certificate = accepted ? accepted.get() : refused.get();
    if (!certificate) return facts;
    facts.subject = name_text(::X509_get_subject_name(certificate));
    facts.issuer = name_text(::X509_get_issuer_name(certificate));
    facts.not_before = time_text(::X509_get0_notBefore(certificate));
    facts.not_after = time_text(::X509_get0_notAfter(certificate));
    facts.names = alternative_names(certificate);
    facts.sha256 = sha256_fingerprint(certificate);
    return facts;
  }

  /// The handshake's error: of the certificate, if its check failed.
  [[noreturn]] void handshake_failed() const {
    const int kind = ERR_GET_REASON(::ERR_peek_error());
    const auto reason = openssl_reason();
    if (kind == SSL_R_WRONG_VERSION_NUMBER || kind == SSL_R_HTTP_REQUEST)
      throw dfi::Error(dfi::msg::smtp_port_plain,
                       {{"server", endpoint.server}, {"port", std::to_string(endpoint.port)}});
    const long verdict = ::SSL_get_verify_result(ssl.get());
    if (verdict == X509_V_OK) failed(reason);
    const auto seen = facts();
    throw dfi::Error(dfi::msg::smtp_certificate, {{"server", name},
                                                  {"reason", ::X509_verify_cert_error_string(verdict)},
                                                  {"subject", seen.subject},
                                                  {"issuer", seen.issuer},
                                                  {"names", seen.names.empty() ? "-" : joined(seen.names)},
                                                  {"from", seen.not_before},
                                                  {"until", seen.not_after},
                                                  {"now", dfi::now_utc()}});
  }

  void require_pin() const {
    if (settings.pins.empty()) return;
    const auto seen = facts().sha256;
    if (std::find(settings.pins.begin(), settings.pins.end(), seen) != settings.pins.end()) return;
    throw dfi::Error(dfi::msg::smtp_pin_mismatch, {{"server", endpoint.server}, {"found", seen}});
  }

  TlsStep step(int result, std::string& reason) const {
    switch (::SSL_get_error(ssl.get(), result)) {
      case SSL_ERROR_WANT_READ: return TlsStep::wants_read;
      case SSL_ERROR_WANT_WRITE: return TlsStep::wants_write;
      case SSL_ERROR_ZERO_RETURN: reason = "EOF"; return TlsStep::closed;
      default: reason = openssl_reason(); return TlsStep::closed;
    }
  }

  void trust() const {
    auto* ctx = context.get();
    const auto& file = settings.ca_file;
    if (settings.verify) {
      const bool trusted = file.empty() ? ::SSL_CTX_set_default_verify_paths(ctx) == 1
                                        : ::SSL_CTX_load_verify_file(ctx, file.c_str()) == 1;
      if (!trusted) failed(file.string() + ": " + openssl_reason());
    }
    ::SSL_CTX_set_verify(ctx, settings.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, note_refused);
  }

  void introduce() const {
    if (settings.cert_file.empty()) return;
    const auto& key = settings.key_file.empty() ? settings.cert_file : settings.key_file;
    if (::SSL_CTX_use_certificate_chain_file(context.get(), settings.cert_file.c_str()) != 1)
      failed(settings.cert_file.string() + ": " + openssl_reason());
    if (::SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1 ||
        ::SSL_CTX_check_private_key(context.get()) != 1)
      failed(key.string() + ": " + openssl_reason());
  }
};

TlsStream::TlsStream(const TlsSettings& settings, const Endpoint& endpoint, int fd)
    : state_(std::make_unique<State>()) {
  auto& state = *state_;
  state.settings = settings;
  state.endpoint = endpoint;
  state.name = settings.name.empty() ? endpoint.server : settings.name;
  // SNI and certificates know A-labels only.
  if (!is_ascii(state.name)) state.name = ascii_domain(state.name).value_or(state.name);
  ::ERR_clear_error();
  state.context.reset(::SSL_CTX_new(::TLS_client_method()));
  auto* context = state.context.get();
  state.trust();
  state.introduce();
  const int lowest = protocol_version(settings.minimum);
  ::SSL_CTX_set_min_proto_version(context, lowest);
  // The security levels of OpenSSL 3 forbid TLS 1.0 and 1.1 whatever the minimum says; a release that names them means
  // it.
  if (lowest < TLS1_2_VERSION) ::SSL_CTX_set_security_level(context, 0);
  ::SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  ::SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  state.ssl.reset(::SSL_new(context));
  auto* ssl = state.ssl.get();
  ::SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  ::SSL_set_ex_data(ssl, 0, &state);
  const auto& name = state.name;
  const bool named =
      name.empty() || (is_address(name) ? ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(ssl), name.c_str()) == 1
                                        : ::SSL_set1_host(ssl, name.c_str()) == 1 && announce_host(ssl, name));
  if (!named || ::SSL_set_fd(ssl, fd) != 1) state.failed(openssl_reason());
}

TlsStream::TlsStream(TlsStream&&) noexcept = default;
TlsStream& TlsStream::operator=(TlsStream&&) noexcept = default;
TlsStream::~TlsStream() = default;

TlsStep TlsStream::handshake() {
  ::ERR_clear_error();
  errno = 0;
  const int result = ::SSL_connect(state_->ssl.get());
  if (result == 1) {
    state_->require_pin();
    return TlsStep::done;
  }
  switch (::SSL_get_error(state_->ssl.get(), result)) {
    case SSL_ERROR_WANT_READ: return TlsStep::wants_read;
    case SSL_ERROR_WANT_WRITE: return TlsStep::wants_write;
    default: state_->handshake_failed();
  }
}

TlsFacts TlsStream::facts() const { return state_->facts(); }

TlsStep TlsStream::write(std::string_view bytes, std::size_t& written, std::string& reason) {
  ::ERR_clear_error();
  errno = 0;
  const int result = ::SSL_write_ex(state_->ssl.get(), bytes.data(), bytes.size(), &written);
  if (result == 1) return TlsStep::done;
  written = 0;
  return state_->step(result, reason);
}

TlsStep TlsStream::read(std::string& buffer, std::size_t& size, std::string& reason) {
  ::ERR_clear_error();
  errno = 0;
  const int result = ::SSL_read_ex(state_->ssl.get(), buffer.data(), buffer.size(), &size);
  if (result == 1) return TlsStep::done;
  return state_->step(result, reason);
}

}  // namespace faxmail
