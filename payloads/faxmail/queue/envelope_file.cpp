// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/queue/envelope_file.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/message/address.hpp"

namespace faxmail {
namespace {

constexpr const char* schema = "faxmail-mail/1";

[[noreturn]] void damaged(const std::filesystem::path& path, const std::string& reason) {
  throw dfi::Error(dfi::msg::mail_import_damaged, {{"path", path.string()}, {"reason", reason}});
}

std::string spec_of(const std::string& address) { return parse_address(address).spec; }

void read_recipients(const dfi::Json& json, Submission& submission) {
  for (const auto& recipient : json.at("recipients")) {
    const auto address = spec_of(recipient.at("address").get<std::string>());
    const auto status = recipient.at("status").get<std::string>();
    if (status == "queued")
      submission.to.push_back(address);
    else
      submission.history.recipients.push_back({address, status});
  }
}

void read_history(const dfi::Json& json, History& history) {
  history.status = json.at("status").get<std::string>();
  if (history.status == "active") history.status = "queued";
  if (history.status == "held") history.reason = json.at("reason").get<std::string>();
  if (history.status == "dot") {
    history.status = "held";
    history.reason = "uncertain";
  }
  // The lifetime of a mail that waits begins anew.
  if (history.status == "sent" || history.status == "failed") {
    history.accepted = json.at("accepted").get<std::string>();
    history.reported = json.at("reported").get<int>();
  }
}

/// A line end in one of these could end a command or a line of the log.
bool clean(const std::string& text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; });
}

bool known(const History& history) {
  const auto one_of = [](const std::string& status, std::initializer_list<const char*> list) {
    return std::any_of(list.begin(), list.end(), [&](const char* each) { return status == each; });
  };
  return one_of(history.status, {"queued", "held", "sent", "failed"}) &&
         std::all_of(history.recipients.begin(), history.recipients.end(), [&](const auto& recipient) {
           return one_of(recipient.status, {"sent", "failed"});
         });
}

}  // namespace

dfi::Json envelope_json(const QueueEntry& entry, std::string_view message) {
  dfi::Json recipients = dfi::Json::array();
  for (const auto& recipient : entry.recipients)
    recipients.push_back({{"address", recipient.address}, {"status", recipient.status}});
  return {{"schema", schema},
          {"id", entry.id},
          {"key", entry.key},
          {"message_id", entry.message_id},
          {"status", entry.status},
          {"reason", entry.reason},
          {"reported", entry.reported},
          {"accepted", entry.accepted},
          {"user", entry.user},
          {"from", entry.from},
          {"recipients", recipients},
          {"subject", entry.subject},
          {"options", MailOptions::from_text(entry.options).to_json()},
          {"size", message.size()},
          {"sha256", dfi::sha256(message)}};
}

Submission read_envelope(const std::string& text, std::string message, const std::filesystem::path& path) {
  const auto json = dfi::parse_json(text, path);
  return dfi::from_json_document(path, [&] {
    if (json.at("schema").get<std::string>() != schema) damaged(path, "schema");
    if (json.at("sha256").get<std::string>() != dfi::sha256(message)) damaged(path, "sha256");
    Submission submission;
    submission.key = json.at("key").get<std::string>();
    submission.user = json.at("user").get<std::string>();
    submission.subject = json.at("subject").get<std::string>();
    submission.message_id = json.at("message_id").get<std::string>();
    const auto from = json.at("from").get<std::string>();
    if (!from.empty()) submission.from = spec_of(from);
    submission.message = std::move(message);
    submission.options = MailOptions::from_json(json.at("options"));
    read_recipients(json, submission);
    read_history(json, submission.history);
    if (!known(submission.history)) damaged(path, "status");
    if (submission.message_id.empty() || !clean(submission.message_id)) damaged(path, "message_id");
    if (!clean(submission.options.notify + submission.options.ret + submission.options.envid)) damaged(path, "options");
    const bool waits = submission.history.status == "queued" || submission.history.status == "held";
    if (waits == submission.to.empty()) damaged(path, "recipients");
    return submission;
  });
}

}  // namespace faxmail
