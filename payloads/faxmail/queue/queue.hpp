// SPDX-License-Identifier: Apache-2.0
// FAXKA, the job and mail queue, for those who submit, look and operate: an SQLite file in WAL mode with
// synchronous=FULL. A mail that submit() has returned is on disk. States of a mail:
//   queued → active (taken by the engine) → dot (committed before the final dot leaves) → sent | failed | queued | held
// The engine's own side is ledger.hpp. Throws Error database_failed, mail_data_missing, mail_level_wrong.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/database.hpp"
#include "payloads/faxmail/product/data_file.hpp"
#include "payloads/faxmail/queue/bodies.hpp"
#include "payloads/faxmail/queue/entry.hpp"
#include "payloads/faxmail/queue/statements.hpp"

namespace faxmail {

class Queue {
 public:
  Queue(const Layout& layout, const Capability& capability);

  /// Throws Error mail_message_id_used if another mail has this Message-ID: the second would vanish in some mailboxes.
  Accepted submit(const Submission& submission);
  /// Several at once with one flush of the disk; all or none. Large bodies must have been stored before: `files` holds
  /// the name for each submission, empty = inline.
  std::vector<Accepted> submit_all(const std::vector<const Submission*>& submissions,
                                   const std::vector<std::string>& files);
  const Bodies& bodies() const { return bodies_; }

  std::vector<QueueEntry> list(const std::string& status = {});
  std::optional<QueueEntry> find(std::int64_t id);
  /// The message as accepted. Throws Error mail_unknown or mail_body_damaged.
  std::string message_of(std::int64_t id);
  /// Status → number of mails.
  std::vector<std::pair<std::string, std::int64_t>> counts();
  /// True if a mail is due at `now` (seconds since 1970).
  bool due(std::int64_t now);

  // What an operator does. Each returns false if the mail is not in a state for it (being sent, already sent).
  bool hold(std::int64_t id, const std::string& reason);
  bool release(std::int64_t id);
  /// Failed or waiting → due at once, its lifetime begins anew.
  bool retry(std::int64_t id);
  bool remove(std::int64_t id);
  /// Every waiting mail becomes due. Returns how many.
  int flush();

  /// The engine's notes and the operator's wishes (table FAXENG): "paused", "drain", "account:NAME" …
  std::string note(const std::string& key);
  void set_note(const std::string& key, const std::string& value);  // empty removes
  std::vector<std::pair<std::string, std::string>> notes();

 private:
  template <class Work>
  auto with(Work work) {
    return dfi::with_database(path_, work);
  }
  Accepted insert(const Submission& submission, const std::string& file);
  [[noreturn]] void refuse_message_id(const std::string& message_id);
  std::optional<Accepted> known(const std::string& key);
  bool change(const std::string& sql, std::int64_t id, const std::string& reason = {});
  void commit(SQLite::Transaction& transaction);
  std::vector<QueueEntry> select(const std::string& where, const std::string& value);

  fs::path path_;
  Bodies bodies_;
  SQLite::Database db_;
  Statements statement_{db_};
};

}  // namespace faxmail
