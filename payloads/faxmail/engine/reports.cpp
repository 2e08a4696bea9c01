// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/engine/reports.hpp"

#include "payloads/faxmail/message/report.hpp"
#include "payloads/faxmail/product/utc.hpp"
#include "payloads/faxmail/queue/queue.hpp"
#include "payloads/faxmail/queue/results.hpp"

namespace faxmail {
namespace {

constexpr std::int64_t look_again = 60, one_hour = 3600;

std::string note_of(const std::string& sender) { return "report:" + sender; }

}  // namespace

void Reports::run(std::int64_t now) {
  // Further ahead than we ever look: the clock has been set back.
  if (now < next_ && next_ <= now + look_again) return;
  next_ = now + look_again;
  const auto delayed = settings_.warn_after.count() > 0 ? utc_text(now - settings_.warn_after.count()) : std::string();
  const auto mails = Unreported(layout_, capability_).find(delayed);
  for (std::size_t first = 0; first < mails.size();) {
    std::vector<UnreportedMail> group;
    for (; first < mails.size() && (group.empty() || mails[first].from == group.front().from); ++first)
      group.push_back(mails[first]);
    tell(group, now);
  }
}

/// Empty: nobody is left who could be told.
std::string Reports::recipient_for(const std::vector<UnreportedMail>& mails) const {
  const auto& sender = mails.front().from;
  if (!sender.empty()) return sender;
  for (const auto& mail : mails)
    if (mail.recipients != std::vector<std::string>{settings_.postmaster}) return settings_.postmaster;
  return {};
}

void Reports::tell(const std::vector<UnreportedMail>& mails, std::int64_t now) {
  Queue queue(layout_, capability_);
  const auto note = note_of(mails.front().from);
  const auto last = queue.note(note);
  const auto last_told = last.empty() ? 0 : std::stoll(last);
  if (last_told <= now && last_told + one_hour > now) return;
  Report report;
  report.to = recipient_for(mails);
  report.postmaster = settings_.postmaster;
  Results results(layout_, capability_);
  for (const auto& mail : mails) {
    if (mail.notify == "NEVER") continue;
    ReportedMail told{mail.failed, mail.subject, mail.message_id, mail.accepted, {}};
    const auto rows = results.of(mail.id);
    for (const auto& address : mail.recipients) {
      ReportedRecipient recipient{address, 0, {}};
      for (const auto& row : rows)
        if (row.recipient.empty() || row.recipient == address) recipient = {address, row.smtp, row.text};
      told.recipients.push_back(std::move(recipient));
    }
    report.mails.push_back(std::move(told));
  }
  if (!report.to.empty() && !report.mails.empty()) {
    const auto accepted = queue.submit(compose_report(report, log_.texts()));
    queue.set_note(note, std::to_string(now));
    log_.say("engine.reported", {{"id", std::to_string(accepted.id)}, {"to", report.to}});
  }
  Unreported(layout_, capability_).mark(mails);
}

}  // namespace faxmail
