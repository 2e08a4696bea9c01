// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/queue/queue.hpp"

#include <fmt/core.h>

#include "messages/mail.hpp"
#include "payloads/faxmail/cli/verbs.hpp"
#include "payloads/faxmail/product/utc.hpp"
#include "payloads/faxmail/queue/results.hpp"

namespace faxmail {
namespace {

dfi::Json to_json(const QueueEntry& entry) {
  dfi::Json recipients = dfi::Json::array();
  for (const auto& recipient : entry.recipients)
    recipients.push_back({{"address", recipient.address}, {"status", recipient.status}});
  return {{"id", entry.id},     {"key", entry.key},     {"status", entry.status},   {"accepted", entry.accepted},
          {"user", entry.user}, {"from", entry.from},   {"subject", entry.subject}, {"message_id", entry.message_id},
          {"size", entry.size}, {"tries", entry.tries}, {"next", entry.next},       {"recipients", recipients}};
}

dfi::Json to_json(const std::vector<std::pair<std::string, std::int64_t>>& counts) {
  dfi::Json json = dfi::Json::object();
  for (const auto& [status, count] : counts) json[status] = count;
  return json;
}

/// A subject cannot move the cursor of the operator's terminal.
std::string printable(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return text;
}

std::string next_text(const QueueEntry& entry) {
  return entry.status == "queued" && entry.next > 0 ? utc_text(entry.next) : "-";
}

}  // namespace

int queue_list(const Context& context, const std::string& status) {
  const auto capability = Capability::read(context.layout);
  Queue queue(context.layout, capability);
  const auto entries = queue.list(status);
  dfi::Json mails = dfi::Json::array();
  for (const auto& entry : entries) mails.push_back(to_json(entry));
  context.document("queue", 0, {{"counts", to_json(queue.counts())}, {"mails", mails}});
  if (context.json) return 0;
  if (!entries.empty()) context.say("queue.head");
  for (const auto& entry : entries)
    context.line(fmt::format("{:>6}  {:<8}{:>4}  {:<19}  {:>4}  {:<28}  {}", entry.id,
                             context.texts("state." + entry.status), entry.tries, next_text(entry),
                             entry.recipients.size(), entry.from, printable(entry.subject)));
  context.say("queue.count", {{"count", std::to_string(entries.size())}});
  return 0;
}

int queue_show(const Context& context, std::int64_t id) {
  const auto capability = Capability::read(context.layout);
  Queue queue(context.layout, capability);
  const auto entry = queue.find(id);
  if (!entry) throw dfi::Error(dfi::msg::mail_unknown, {{"mail", std::to_string(id)}});
  const auto results = Results(context.layout, capability).of(id);
  dfi::Json rows = dfi::Json::array();
  for (const auto& row : results)
    rows.push_back(
        {{"recipient", row.recipient}, {"code", row.code}, {"time", row.time}, {"smtp", row.smtp}, {"text", row.text}});
  context.document("queue", 0, {{"mail", to_json(*entry)}, {"results", rows}});
  if (context.json) return 0;
  context.say("queue.mail", {{"id", std::to_string(id)},
                             {"status", context.texts("state." + entry->status)},
                             {"accepted", entry->accepted},
                             {"user", entry->user},
                             {"from", entry->from},
                             {"subject", printable(entry->subject)},
                             {"message_id", entry->message_id},
                             {"size", std::to_string(entry->size)},
                             {"tries", std::to_string(entry->tries)},
                             {"next", next_text(*entry)}});
  for (const auto& recipient : entry->recipients)
    context.line(fmt::format("  {:<40}  {}", recipient.address, context.texts("state." + recipient.status)));
  for (const auto& row : results)
    context.line(
        fmt::format("  {}  {:<5}  {:>3}  {}  {}", row.time, row.code, row.smtp, row.recipient, printable(row.text)));
  return 0;
}

}  // namespace faxmail
