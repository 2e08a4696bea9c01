// SPDX-License-Identifier: Apache-2.0
#include "base/download.hpp"

#include <curl/curl.h>
#include <fcntl.h>
#include <strings.h>

#include <chrono>
#include <thread>

#include "base/durable.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/file.hpp"
#include "messages/download.hpp"

namespace dfi {
namespace {

using Curl = Handle<CURL, curl_easy_cleanup>;
using Headers = Handle<curl_slist, curl_slist_free_all>;

struct Transfer {
  const DownloadOptions& options;
  std::string text;  // of download_text
  std::size_t limit = 0;
  Fd file;                  // of download
  std::uint64_t start = 0;  // bytes there before
  std::string etag;
  bool write_failed = false;
};

std::size_t on_text(char* bytes, std::size_t, std::size_t size, void* data) {
  auto& transfer = *static_cast<Transfer*>(data);
  transfer.text.append(bytes, size);
  return transfer.text.size() <= transfer.limit ? size : 0;
}

std::size_t on_file(char* bytes, std::size_t, std::size_t size, void* data) {
  auto& transfer = *static_cast<Transfer*>(data);
  std::size_t done = 0;
  while (done < size) {
    auto n = ::write(transfer.file.get(), bytes + done, size - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      transfer.write_failed = true;
      return 0;
    }
    done += static_cast<std::size_t>(n);
  }
  return size;
}

std::size_t on_header(char* bytes, std::size_t, std::size_t size, void* data) {
  std::string line(bytes, size);
  if (line.size() > 6 && ::strncasecmp(line.c_str(), "etag:", 5) == 0) {
    auto begin = line.find_first_not_of(' ', 5), end = line.find_last_not_of("\r\n ");
    if (begin != std::string::npos) static_cast<Transfer*>(data)->etag = line.substr(begin, end - begin + 1);
  }
  return size;
}

int on_progress(void* data, curl_off_t total, curl_off_t now, curl_off_t, curl_off_t) {
  auto& transfer = *static_cast<Transfer*>(data);
  if (transfer.options.progress && now > 0)
    transfer.options.progress(transfer.start + static_cast<std::uint64_t>(now),
                              total > 0 ? transfer.start + static_cast<std::uint64_t>(total) : 0);
  return transfer.options.cancelled && transfer.options.cancelled() ? 1 : 0;
}

Curl open_curl(const std::string& url, Transfer& transfer) {
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  require(ready, "libcurl starts");
  if (url.rfind("https://", 0) != 0) throw Error(msg::url_not_https, {{"url", url}});
  Curl curl(curl_easy_init());
  auto set = [&](auto option, auto value) {
    require(curl_easy_setopt(curl.get(), option, value) == CURLE_OK, "libcurl takes its options");
  };
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "https");
  set(CURLOPT_REDIR_PROTOCOLS_STR, "https");
  set(CURLOPT_FOLLOWLOCATION, 1L);
  set(CURLOPT_MAXREDIRS, 5L);
  set(CURLOPT_FAILONERROR, 1L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_CONNECTTIMEOUT, 20L);
  set(CURLOPT_LOW_SPEED_LIMIT, 1L);  // a connection which gives nothing for a minute is cut
  set(CURLOPT_LOW_SPEED_TIME, 60L);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, on_progress);
  set(CURLOPT_XFERINFODATA, &transfer);
  if (!transfer.options.proxy.empty()) set(CURLOPT_PROXY, transfer.options.proxy.c_str());
  if (!transfer.options.ca_file.empty()) set(CURLOPT_CAINFO, transfer.options.ca_file.c_str());
  return curl;
}

Error failed(const std::string& url, CURLcode code, CURL* curl) {
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  std::string reason = curl_easy_strerror(code);
  if (code == CURLE_HTTP_RETURNED_ERROR) reason = "HTTP " + std::to_string(status);
  return Error(msg::download_failed, {{"url", url}, {"reason", reason}});
}

bool worth_another_try(CURLcode code) {
  return code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR || code == CURLE_COULDNT_CONNECT ||
         code == CURLE_GOT_NOTHING || code == CURLE_OPERATION_TIMEDOUT || code == CURLE_HTTP2_STREAM ||
         code == CURLE_HTTP2 || code == CURLE_SSL_CONNECT_ERROR || code == CURLE_SEND_ERROR;
}

// One connection. Bytes already in `part` are not asked for again.
CURLcode try_once(const std::string& url, const fs::path& part, Transfer& transfer, Curl& curl) {
  const fs::path etag_path = part.string() + ".etag";
  transfer.file = Fd(::open(part.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!transfer.file) throw os_error("open", part);
  transfer.start = fs::file_size(part);
  transfer.etag.clear();
  curl = open_curl(url, transfer);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, on_file);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl.get(), CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl.get(), CURLOPT_HEADERDATA, &transfer);
  Headers headers;
  if (transfer.start > 0) {
    curl_easy_setopt(curl.get(), CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(transfer.start));
    if (auto etag = read_file_if_exists(etag_path)) {
      headers.reset(curl_slist_append(nullptr, ("If-Range: " + *etag).c_str()));
      curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
    }
  }
  auto code = curl_easy_perform(curl.get());
  if (transfer.write_failed) throw os_error("write", part);
  if (!transfer.etag.empty()) durable::write_file(etag_path, transfer.etag);
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  // 416: the part is as long as the file, or longer; the digest decides which.
  if (status == 416) return CURLE_OK;
  return code;
}

}  // namespace

std::string download_text(const std::string& url, const DownloadOptions& options, std::size_t limit) {
  Transfer transfer{options, {}, limit, {}, 0, {}, false};
  auto curl = open_curl(url, transfer);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, on_text);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &transfer);
  auto code = curl_easy_perform(curl.get());
  if (code != CURLE_OK) throw failed(url, code, curl.get());
  return transfer.text;
}

void download(const std::string& url, const fs::path& part, const DownloadOptions& options) {
  for (int attempt = 1;; ++attempt) {
    Transfer transfer{options, {}, 0, {}, 0, {}, false};
    Curl curl;
    auto code = try_once(url, part, transfer, curl);
    if (code == CURLE_OK) break;
    if (code == CURLE_ABORTED_BY_CALLBACK) throw Error(msg::download_cancelled, {{"url", url}});
    if (code == CURLE_RANGE_ERROR) {
      // The server has another file now, or knows no ranges: begin again.
      durable::remove(part);
      durable::remove(part.string() + ".etag");
    } else if (!worth_another_try(code) || attempt >= options.attempts) {
      throw failed(url, code, curl.get());
    }
    if (attempt >= options.attempts + 1) throw failed(url, code, curl.get());
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
  durable::sync_file(part);
  durable::remove(part.string() + ".etag");
}

}  // namespace dfi
