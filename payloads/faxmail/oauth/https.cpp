// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/oauth/https.hpp"

#include <curl/curl.h>
#include <openssl/crypto.h>

#include <cstring>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/config/secret.hpp"

namespace faxmail {
namespace {

constexpr std::size_t reply_limit = 64 * 1024;
constexpr long connect_seconds = 10;
using Curl = dfi::Handle<CURL, curl_easy_cleanup>;

std::size_t on_body(char* bytes, std::size_t, std::size_t size, void* data) {
  auto& body = *static_cast<std::string*>(data);
  if (body.size() + size > reply_limit) return 0;
  body.append(bytes, size);
  return size;
}

void free_wiped(char* text) {
  ::OPENSSL_cleanse(text, std::strlen(text));
  curl_free(text);
}

std::string encoded(CURL* curl, const Form& form) {
  std::size_t size = 0;
  for (const auto& [name, value] : form) size += name.size() + 3 * value.size() + 2;
  std::string text;
  text.reserve(size);  // so that no copy of it stays behind when it grows
  for (const auto& [name, value] : form) {
    const dfi::Handle<char, free_wiped> escaped(curl_easy_escape(curl, value.data(), static_cast<int>(value.size())));
    dfi::require(escaped != nullptr, "memory for libcurl");
    text += (text.empty() ? "" : "&") + name + "=";
    text += escaped.get();
  }
  return text;
}

}  // namespace

HttpsPost::~HttpsPost() {
  for (auto& field : form) wipe(field.second);
}

HttpsReply::~HttpsReply() { wipe(body); }

HttpsReply post_form(const HttpsPost& post) {
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  dfi::require(ready, "libcurl starts");
  Curl curl(curl_easy_init());
  const auto set = [&](auto option, auto value) {
    dfi::require(curl_easy_setopt(curl.get(), option, value) == CURLE_OK, "libcurl takes its options");
  };
  HttpsReply reply;
  reply.body.reserve(reply_limit);
  auto fields = encoded(curl.get(), post.form);
  const long timeout = post.timeout.count();
  char reason[CURL_ERROR_SIZE] = "";
  set(CURLOPT_URL, post.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  if (!post.ca_file.empty()) set(CURLOPT_CAINFO, post.ca_file.c_str());
  set(CURLOPT_CONNECTTIMEOUT, connect_seconds);
  set(CURLOPT_TIMEOUT_MS, timeout);
  set(CURLOPT_POSTFIELDSIZE, static_cast<long>(fields.size()));
  set(CURLOPT_POSTFIELDS, fields.c_str());
  set(CURLOPT_WRITEFUNCTION, on_body);
  set(CURLOPT_WRITEDATA, &reply.body);
  set(CURLOPT_ERRORBUFFER, reason);
  const auto code = curl_easy_perform(curl.get());
  wipe(fields);
  if (code == CURLE_WRITE_ERROR)
    throw dfi::Error(dfi::msg::oauth_malformed, {{"endpoint", post.url}, {"status", "-"}, {"reason", "> 64 KiB"}});
  if (code != CURLE_OK)
    throw dfi::Error(dfi::msg::oauth_unreachable,
                     {{"endpoint", post.url}, {"reason", reason[0] ? reason : curl_easy_strerror(code)}});
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  reply.status = static_cast<int>(status);
  return reply;
}

}  // namespace faxmail
