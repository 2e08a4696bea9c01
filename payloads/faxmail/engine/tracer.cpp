// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/engine/tracer.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <ctime>
#include <fstream>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "payloads/faxmail/product/utc.hpp"

namespace faxmail {
namespace {

std::string head_of(const QueuedMail& mail, const Account& account, const std::string& release) {
  std::string to;
  for (const auto& address : mail.outgoing.envelope.to) to += (to.empty() ? "" : ", ") + address;
  return fmt::format(
      "faxmail trace 1\nrelease    {}\nmail       {} attempt {}\nMessage-ID {}\naccepted   {}\nfrom       {}\nto       "
      "  {}\n"
      "account    {} ({}:{}, auth {})\n",
      release, mail.id, mail.tries + 1, mail.message_id, mail.accepted, mail.outgoing.envelope.from, to, account.name,
      account.endpoint.server, account.endpoint.port, account.auth);
}

}  // namespace

std::string TraceWish::to_text() const {
  return dfi::Json{{"mails", mails}, {"until", until}, {"from", from}, {"since", since}}.dump();
}

TraceWish TraceWish::from_text(const std::string& text) {
  TraceWish wish;
  if (text.empty()) return wish;
  const auto json = dfi::parse_json(text, "FAXENG trace");
  wish.mails = json.value("mails", 0);
  wish.until = json.value("until", std::int64_t{0});
  wish.from = json.value("from", "");
  wish.since = json.value("since", "");
  return wish;
}

void Tracer::set(bool on, const TraceWish& wish) {
  const std::lock_guard lock(mutex_);
  if (on && (!on_ || wish.since != wish_.since)) written_ = 0;
  wish_ = wish;
  on_ = on;
}

bool Tracer::exhausted(std::int64_t now) {
  if (!on_) return false;
  const std::lock_guard lock(mutex_);
  const bool over = (wish_.mails > 0 && written_ >= wish_.mails) || (wish_.until > 0 && now >= wish_.until);
  if (over) on_ = false;
  return over;
}

bool Tracer::wants(const QueuedMail& mail) {
  if (!on_) return false;
  const std::lock_guard lock(mutex_);
  return wants_locked(mail);
}

bool Tracer::wants_locked(const QueuedMail& mail) const {
  if (begun_.count(mail.id) > 0) return true;
  // Several connections work at once: a trace that is not written yet counts.
  if (wish_.mails > 0 && written_ + static_cast<int>(begun_.size()) >= wish_.mails) return false;
  if (wish_.until > 0 && std::time(nullptr) >= wish_.until) return false;
  return wish_.from.empty() || wish_.from == mail.outgoing.envelope.from;
}

std::unique_ptr<Transcript> Tracer::begin(const QueuedMail& mail) {
  const std::lock_guard lock(mutex_);
  if (on_ && wants_locked(mail)) {
    begun_.insert(mail.id);
    return std::make_unique<Transcript>(limits_.file_bytes);
  }
  begun_.erase(mail.id);
  openings_.erase(mail.id);
  return nullptr;
}

void Tracer::keep_opening(const QueuedMail& mail, std::unique_ptr<Transcript> opening) {
  if (!opening) return;
  const std::lock_guard lock(mutex_);
  openings_[mail.id] = std::move(opening);
}

void Tracer::end(const QueuedMail& mail, std::unique_ptr<Transcript> transcript, const Delivery& delivery,
                 const Session& session, const Account& account) {
  if (!transcript) return;
  std::string tail = "\n";
  for (const auto& result : delivery)
    tail += fmt::format("result     {} {} {} {}\n", result.address,
                        result.outcome == Outcome::sent        ? "SENT"
                        : result.outcome == Outcome::permanent ? "FAIL"
                                                               : "RETRY",
                        result.code, result.text);
  write(mail, *transcript,
        head_of(mail, account, release_) +
            fmt::format("connection {}, mail {} on it\n\n", session.facts(), session.mails()),
        tail);
}

void Tracer::end(const QueuedMail& mail, std::unique_ptr<Transcript> transcript, const dfi::Error& error,
                 const Account& account) {
  if (transcript)
    write(mail, *transcript, head_of(mail, account, release_) + "\n", fmt::format("\nerror      {}\n", error.what()));
}

void Tracer::write(const QueuedMail& mail, const Transcript& transcript, const std::string& head,
                   const std::string& tail) {
  const std::lock_guard lock(mutex_);
  std::error_code none;
  fs::create_directories(limits_.directory, none);
  fs::permissions(limits_.directory, fs::perms::owner_all, none);
  const auto path = new_path(mail);
  // A trace is a help, not a record: it need not survive a power cut, and a full disk must not stop the mails.
  std::ofstream out(path);
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write, none);
  begun_.erase(mail.id);
  out << head;
  if (const auto opening = openings_.find(mail.id); opening != openings_.end()) {
    out << opening->second->text();
    openings_.erase(opening);
  }
  out << transcript.text() << tail;
  ++written_;
  remove_old();
}

/// An attempt that goes on over a second connection has two dialogues.
fs::path Tracer::new_path(const QueuedMail& mail) const {
  const auto time = compact_utc(dfi::now_utc());
  auto path = limits_.directory / fmt::format("{}-{}-{}.txt", time, mail.id, mail.tries + 1);
  for (int more = 2; fs::exists(path); ++more)
    path = limits_.directory / fmt::format("{}-{}-{}-{}.txt", time, mail.id, mail.tries + 1, more);
  return path;
}

void Tracer::remove_old() const {
  std::error_code none;
  const auto files = trace_files(limits_.directory);
  const auto oldest = fs::file_time_type::clock::now() - std::chrono::hours(24) * limits_.days;
  auto excess = static_cast<std::ptrdiff_t>(files.size()) - limits_.files;
  for (auto file = files.rbegin(); file != files.rend(); ++file) {
    if (excess-- <= 0 && fs::last_write_time(*file, none) >= oldest) break;
    fs::remove(*file, none);
  }
}

/// The names sort by time.
std::vector<fs::path> trace_files(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code none;
  for (fs::directory_iterator entry(directory, none), end; entry != end; entry.increment(none))
    if (entry->path().extension() == ".txt") files.push_back(entry->path());
  std::sort(files.rbegin(), files.rend());
  return files;
}

}  // namespace faxmail
