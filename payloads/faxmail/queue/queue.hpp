// SPDX-License-Identifier: Apache-2.0
// FAXKA, the job and mail queue: an SQLite file in WAL mode with synchronous=FULL. A mail that submit() has returned is
// on disk. States of a mail:
//   queued → active (taken by the engine) → dot (committed before the final dot leaves) → sent | failed | queued
// After a crash active means: not sent; dot means: perhaps sent, decided by recover().
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/database.hpp"
#include "payloads/faxmail/product/data_file.hpp"
#include "payloads/faxmail/smtp/session.hpp"

namespace faxmail {

struct Submission {
  std::string key;  // empty: none; the same key again is the same mail
  std::string user, from, subject, message_id, message;
  std::vector<std::string> to;
  bool eight_bit = false, smtputf8 = false;  // the message needs 8BITMIME, SMTPUTF8
  // What the submitter wants to hear (RFC 3461); empty: what the account says. notify: "NEVER" or some of
  // "FAILURE,DELAY,SUCCESS"; ret: "HDRS" or "FULL"; envid: printable ASCII, not yet in xtext.
  std::string notify = {}, ret = {}, envid = {};
};

struct Accepted {
  std::int64_t id;
  std::string message_id;
  bool existing;  // the key was known: nothing was added
};

/// A mail the engine has taken; `envelope` holds the recipients that are still to be served.
struct QueuedMail {
  std::int64_t id;
  std::int64_t tries;
  std::string accepted, message_id, message;
  Envelope envelope;
};

struct QueueRecipient {
  std::string address, status;
};

struct QueueEntry {
  std::int64_t id, tries, next, size;
  std::string key, status, accepted, user, from, subject, message_id;
  std::vector<QueueRecipient> recipients;
};

/// What the results file knows of a recipient's last attempt, for recover().
enum class Verdict { unknown, sent, failed };

class Queue {
 public:
  Queue(const Layout& layout, const Capability& capability);

  /// Throws Error mail_message_id_used if another mail has this Message-ID.
  Accepted submit(const Submission& submission);

  /// True if a mail is due at `now` (seconds since 1970).
  bool due(std::int64_t now);
  /// Takes the next due mail: queued → active.
  std::optional<QueuedMail> take(std::int64_t now);
  /// active → queued, nothing counted.
  void release(std::int64_t id);
  void mark_dot(std::int64_t id);
  /// Stores what became of the recipients. If some are to be tried again the mail is queued for `next`, else it is
  /// sent or failed.
  void finish(std::int64_t id, const Delivery& delivery, std::int64_t next);

  /// The mails in state dot, with their open recipients.
  std::vector<QueueEntry> undecided();
  /// After a crash: active → queued. Returns how many.
  int release_active();
  void decide(std::int64_t id, const std::string& address, Verdict verdict);
  /// Ends a mail that was in state dot: by its recipients, or queued again.
  void settle(std::int64_t id, std::int64_t next);

  std::vector<QueueEntry> list(const std::string& status = {});
  std::optional<QueueEntry> find(std::int64_t id);
  /// Status → number of mails.
  std::vector<std::pair<std::string, std::int64_t>> counts();

 private:
  template <class Work>
  auto with(Work work) {
    return dfi::with_database(path_, work);
  }
  void set_status(std::int64_t id, const char* status);
  void commit(SQLite::Transaction& transaction);
  void end_mail(std::int64_t id, std::int64_t next);
  std::vector<QueueEntry> select(const std::string& where, const std::string& value);

  fs::path path_;
  SQLite::Database db_;
};

}  // namespace faxmail
