// SPDX-License-Identifier: Apache-2.0
// The engine's side of FAXKA and FAXSTAT: one thread, one connection to each, statements prepared once. Changes gather
// in a round and become durable together by commit(): one flush, whatever the number of mails. FAXSTAT is committed
// first: after a crash between the two a mail whose result stands there is not sent again.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "payloads/faxmail/queue/queue.hpp"
#include "payloads/faxmail/queue/results.hpp"
#include "payloads/faxmail/queue/statements.hpp"

namespace faxmail {

/// What becomes of a mail after an attempt.
struct Finished {
  std::int64_t id = 0;
  Delivery delivery;
  std::int64_t next = 0;  // seconds since 1970, for recipients that are tried again
  std::string reason;     // why it waits
  bool held = false;      // instead of waiting
  bool counted = true;    // false: nobody has said anything about this mail
};

class Ledger {
 public:
  Ledger(const Layout& layout, const Capability& capability);

  /// Takes due mails, queued → active: at most `count`, about 2 MiB of bodies, only those whose sender `admit`s.
  std::vector<QueuedMail> lease(std::int64_t now, int count, const std::function<bool(const std::string&)>& admit);
  void mark_dot(std::int64_t id);
  void finish(const Finished& finished);
  /// active → queued for `next`; no attempt is counted.
  void release(std::int64_t id, std::int64_t next, const std::string& reason);
  /// Mails of this sender that wait for this reason become due.
  void wake(const std::string& reason, const std::string& sender);
  /// Mails that would wait beyond `latest` become due: no pause is that long, so the clock has been set back.
  void bound_waits(std::int64_t now, std::int64_t latest);
  void set_note(const std::string& key, const std::string& value);
  void commit();
  /// What is committed of FAXSTAT survives also the end of the machine.
  void sync_results() { results_.sync(); }

  /// After a crash: active → queued. Returns how many.
  int release_active();
  /// Mails in state dot: decided by FAXSTAT where it knows; the others wait until `next` or are held. Returns them.
  struct Undecided {
    std::int64_t id;
    std::string message_id;
    bool known;
  };
  std::vector<Undecided> decide_undecided(std::int64_t next, bool hold);

  /// True if another connection has changed FAXKA since the last call.
  bool changed_elsewhere();
  /// When the next mail is due, if one waits.
  std::optional<std::int64_t> next_due();
  std::map<std::string, std::string> notes();
  /// Removes sent and failed mails accepted before `before` (UTC), at most `count`, but none that a conversion brought
  /// along (KAWHY 'converted'). Returns how many.
  int forget(const std::string& before, int count);
  int sweep_bodies();

 private:
  template <class Work>
  auto with(Work work) {
    return dfi::with_database(path_, work);
  }
  void begin();
  MessageBody body_of(std::int64_t id);
  void end_mail(const Finished& finished);

  fs::path path_;
  Bodies bodies_;
  SQLite::Database db_;
  Results results_;
  Statements statement_{db_};
  std::optional<SQLite::Transaction> round_;
  int data_version_ = 0;
};

}  // namespace faxmail
