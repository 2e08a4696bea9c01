// SPDX-License-Identifier: Apache-2.0
// One POST of a form over HTTPS (libcurl). The certificate is always checked, TLS 1.2 is the least, redirects are not
// followed: what is sent holds a secret.
#pragma once
#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace faxmail {

using Form = std::vector<std::pair<std::string, std::string>>;

struct HttpsPost {
  std::string url;
  Form form;                                  // wiped by the destructor
  std::filesystem::path ca_file;              // empty: the CAs of the system
  std::chrono::milliseconds timeout{20'000};  // for everything

  HttpsPost() = default;
  HttpsPost(HttpsPost&&) noexcept = default;
  HttpsPost& operator=(HttpsPost&&) noexcept = default;
  ~HttpsPost();
};

struct HttpsReply {
  int status = 0;
  std::string body;

  HttpsReply() = default;
  HttpsReply(HttpsReply&&) noexcept = default;
  HttpsReply& operator=(HttpsReply&&) noexcept = default;
  ~HttpsReply();  // wipes the body: it may be a token
};

/// The answer, whatever its status. Throws Error oauth_unreachable (name, connection, TLS, time) or oauth_malformed
/// (more than 64 KiB); neither shows a byte of the form.
HttpsReply post_form(const HttpsPost& post);

}  // namespace faxmail
