// SPDX-License-Identifier: Apache-2.0
// Traces (features 38 to 43): while position 222 of FAXDTAARA is 'M', each mail event gets a file with times, TLS facts
// and the whole dialogue. Thread-safe.
#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "payloads/faxmail/config/settings.hpp"
#include "payloads/faxmail/queue/entry.hpp"
#include "payloads/faxmail/smtp/session.hpp"

namespace faxmail {

/// The limits of a running trace, set by `faxmail trace on`; stored as JSON in FAXENG under "trace".
struct TraceWish {
  int mails = 0;           // 0: no limit
  std::int64_t until = 0;  // seconds since 1970; 0: no limit
  std::string from;        // only this sender; empty: all
  std::string since;       // when it was wished: a new wish counts anew

  std::string to_text() const;
  static TraceWish from_text(const std::string& text);
};

/// The traces of this directory, the newest first.
std::vector<fs::path> trace_files(const fs::path& directory);

class Tracer {
 public:
  Tracer(TraceLimits limits, std::string release) : limits_(std::move(limits)), release_(std::move(release)) {}

  void set(bool on, const TraceWish& wish);
  bool on() const { return on_; }
  /// True once after a limit has been reached: the flag is to be blanked.
  bool exhausted(std::int64_t now);

  bool wants(const QueuedMail& mail);
  /// Null if this mail is not traced. Whoever got a transcript ends it.
  std::unique_ptr<Transcript> begin(const QueuedMail& mail);
  /// The opening of a connection becomes part of the trace of the mail for which it was opened.
  void keep_opening(const QueuedMail& mail, std::unique_ptr<Transcript> opening);
  void end(const QueuedMail& mail, std::unique_ptr<Transcript> transcript, const Delivery& delivery,
           const Session& session, const Account& account);
  void end(const QueuedMail& mail, std::unique_ptr<Transcript> transcript, const dfi::Error& error,
           const Account& account);

 private:
  bool wants_locked(const QueuedMail& mail) const;
  fs::path new_path(const QueuedMail& mail) const;
  void write(const QueuedMail& mail, const Transcript& transcript, const std::string& head, const std::string& tail);
  void remove_old() const;

  const TraceLimits limits_;
  const std::string release_;
  std::atomic<bool> on_{false};
  std::mutex mutex_;
  TraceWish wish_;
  int written_ = 0;
  std::set<std::int64_t> begun_;  // mails whose trace is not written yet
  std::map<std::int64_t, std::unique_ptr<Transcript>> openings_;
};

}  // namespace faxmail
