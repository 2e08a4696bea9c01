// SPDX-License-Identifier: Apache-2.0
// The same mails over one TLS connection with the same settings: our session, and libcurl reusing its connection.
#include <curl/curl.h>
#include <fmt/core.h>

#include <cstring>
#include <memory>
#include <stdexcept>

#include "payloads/faxmail/smtp/session.hpp"
#include "tests/bench/bench.hpp"

namespace bench {
namespace {

/// Longer than the others by this much is a stall: Nagle and delayed acknowledgements wait 40 ms for each other.
constexpr double stall_seconds = 0.035;

/// Takes the time of each mail; the first, which opens the connection, is not counted.
class Laps {
 public:
  void lap() {
    const auto now = Clock::now();
    if (begun_ == Clock::time_point{}) {
      begun_ = last_ = now;
      cpu_ = cpu_seconds();
      return;
    }
    laps_.push_back(std::chrono::duration<double>(now - last_).count());
    last_ = now;
  }
  dfi::Json result() {
    const auto mails = static_cast<double>(laps_.size());
    const double seconds = std::chrono::duration<double>(last_ - begun_).count();
    const double cpu = cpu_seconds() - cpu_;
    const double median = quantile(laps_, 0.5);
    const auto stalls =
        std::count_if(laps_.begin(), laps_.end(), [&](double lap) { return lap > median + stall_seconds; });
    return {{"rate", mails / seconds},
            {"cpu_per_1000", cpu * 1000 / mails},
            {"stalls", stalls},
            {"median_ms", median * 1000}};
  }

 private:
  std::vector<double> laps_;
  Clock::time_point begun_{}, last_{};
  double cpu_ = 0;
};

struct Upload {
  const std::string* message;
  std::size_t at = 0;
};

std::size_t give(char* buffer, std::size_t size, std::size_t count, void* user) {
  auto& upload = *static_cast<Upload*>(user);
  const auto part = std::min(size * count, upload.message->size() - upload.at);
  std::memcpy(buffer, upload.message->data() + upload.at, part);
  upload.at += part;
  return part;
}

void check(CURLcode code) {
  if (code != CURLE_OK) throw std::runtime_error(::curl_easy_strerror(code));
}

}  // namespace

dfi::Json dialogue_own(const Line& line) {
  faxmail::Account account;
  account.endpoint = {line.host, line.port};
  account.encryption = line.starttls ? faxmail::Account::Encryption::starttls : faxmail::Account::Encryption::implicit;
  account.tls.ca_file = line.ca_file;
  account.tls.minimum = "1.2";
  auto session = faxmail::Session::open(account);
  // Two in turn: the envelope of the next mail travels with the dot of this one.
  faxmail::Outgoing mails[2];
  const auto load = [&](int number) {
    auto mail = make_mail("dialogue", number, line.size);
    auto& outgoing = mails[number % 2];
    outgoing.envelope = {mail.from, mail.to};
    outgoing.body = faxmail::MessageBody(std::move(mail.message));
  };
  Laps laps;
  load(0);
  for (int number = 0; number < line.count; ++number) {
    const bool more = number + 1 < line.count;
    if (more) load(number + 1);
    const auto delivery = session.send(mails[number % 2], more ? &mails[(number + 1) % 2] : nullptr, [] {});
    if (delivery.front().outcome != faxmail::Outcome::sent) throw std::runtime_error(delivery.front().text);
    laps.lap();
  }
  session.quit();
  return laps.result();
}

dfi::Json dialogue_curl(const Line& line) {
  const std::unique_ptr<CURL, void (*)(CURL*)> handle(::curl_easy_init(), ::curl_easy_cleanup);
  auto* curl = handle.get();
  const auto url = fmt::format("{}://{}:{}", line.starttls ? "smtp" : "smtps", line.host, line.port);
  check(::curl_easy_setopt(curl, CURLOPT_URL, url.c_str()));
  check(::curl_easy_setopt(curl, CURLOPT_USE_SSL, long{CURLUSESSL_ALL}));
  check(::curl_easy_setopt(curl, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2}));
  check(::curl_easy_setopt(curl, CURLOPT_CAINFO, line.ca_file.c_str()));
  check(::curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L));
  check(::curl_easy_setopt(curl, CURLOPT_READFUNCTION, give));
  Laps laps;
  for (int number = 0; number < line.count; ++number) {
    const auto mail = make_mail("dialogue", number, line.size);
    const std::unique_ptr<curl_slist, void (*)(curl_slist*)> to(::curl_slist_append(nullptr, mail.to.front().c_str()),
                                                                ::curl_slist_free_all);
    Upload upload{&mail.message};
    check(::curl_easy_setopt(curl, CURLOPT_MAIL_FROM, mail.from.c_str()));
    check(::curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to.get()));
    check(::curl_easy_setopt(curl, CURLOPT_READDATA, &upload));
    check(::curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(mail.message.size())));
    check(::curl_easy_perform(curl));
    laps.lap();
  }
  return laps.result();
}

}  // namespace bench
