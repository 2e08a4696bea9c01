// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/smtp/tls.hpp"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cerrno>
#include <cstring>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "messages/mail.hpp"

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

std::string name_text(const X509_NAME* name) {
  const dfi::Handle<BIO, ::BIO_free_all> out(::BIO_new(::BIO_s_mem()));
  ::X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_ONELINE & ~static_cast<unsigned long>(XN_FLAG_SPC_EQ));
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
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
  Context context;
  Ssl ssl;
  std::string server, minimum;

  [[noreturn]] void failed(const std::string& reason) const {
    throw dfi::Error(dfi::msg::smtp_tls_failed, {{"server", server}, {"reason", reason}, {"minimum", minimum}});
  }

  /// The handshake's error: of the certificate, if its check failed.
  [[noreturn]] void handshake_failed(const std::string& reason) const {
    const long verdict = ::SSL_get_verify_result(ssl.get());
    if (verdict == X509_V_OK) failed(reason);
    const Certificate certificate(::SSL_get1_peer_certificate(ssl.get()));
    std::string subject = "?", issuer = "?";
    if (certificate) {
      subject = name_text(::X509_get_subject_name(certificate.get()));
      issuer = name_text(::X509_get_issuer_name(certificate.get()));
    }
    throw dfi::Error(dfi::msg::smtp_certificate, {{"server", server},
                                                  {"reason", ::X509_verify_cert_error_string(verdict)},
                                                  {"subject", subject},
                                                  {"issuer", issuer}});
  }

  TlsStep step(int result, std::string& reason) const {
    switch (::SSL_get_error(ssl.get(), result)) {
      case SSL_ERROR_WANT_READ: return TlsStep::wants_read;
      case SSL_ERROR_WANT_WRITE: return TlsStep::wants_write;
      case SSL_ERROR_ZERO_RETURN: reason = "EOF"; return TlsStep::closed;
      default: reason = openssl_reason(); return TlsStep::closed;
    }
  }
};

TlsStream::TlsStream(const TlsSettings& settings, const std::string& server, int fd)
    : state_(std::make_unique<State>()) {
  auto& state = *state_;
  state.server = server;
  state.minimum = settings.minimum;
  ::ERR_clear_error();
  state.context.reset(::SSL_CTX_new(::TLS_client_method()));
  auto* context = state.context.get();
  const bool trusted = settings.ca_file.empty() ? ::SSL_CTX_set_default_verify_paths(context) == 1
                                                : ::SSL_CTX_load_verify_file(context, settings.ca_file.c_str()) == 1;
  if (!trusted) state.failed(settings.ca_file.string() + ": " + openssl_reason());
  const int lowest = protocol_version(settings.minimum);
  ::SSL_CTX_set_min_proto_version(context, lowest);
  // The security levels of OpenSSL 3 forbid TLS 1.0 and 1.1 whatever the minimum says; a release that names them means
  // it.
  if (lowest < TLS1_2_VERSION) ::SSL_CTX_set_security_level(context, 0);
  ::SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  ::SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  state.ssl.reset(::SSL_new(context));
  auto* ssl = state.ssl.get();
  ::SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const bool named = is_address(server) ? ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(ssl), server.c_str()) == 1
                                        : ::SSL_set1_host(ssl, server.c_str()) == 1 && announce_host(ssl, server);
  if (!named || ::SSL_set_fd(ssl, fd) != 1) state.failed(openssl_reason());
}

TlsStream::TlsStream(TlsStream&&) noexcept = default;
TlsStream& TlsStream::operator=(TlsStream&&) noexcept = default;
TlsStream::~TlsStream() = default;

TlsStep TlsStream::handshake() {
  ::ERR_clear_error();
  errno = 0;
  const int result = ::SSL_connect(state_->ssl.get());
  if (result == 1) return TlsStep::done;
  std::string reason;
  const auto step = state_->step(result, reason);
  if (step == TlsStep::closed) state_->handshake_failed(reason);
  return step;
}

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
