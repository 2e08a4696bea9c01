// SPDX-License-Identifier: Apache-2.0
// The queue as files and back (mail study 7.4): before a release is taken back to one with another FAXKA, or for
// another host.
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <thread>

#include "base/durable.hpp"
#include "base/file.hpp"
#include "base/gate.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/cli/verbs.hpp"
#include "payloads/faxmail/queue/acceptor.hpp"
#include "payloads/faxmail/queue/envelope_file.hpp"

namespace faxmail {
namespace {

constexpr int data_exit = 65;
/// They share one flush of the disk (group commit).
constexpr std::size_t importers = 8;
constexpr std::uintmax_t largest_message = std::uintmax_t{2} << 30;

void require_empty(const fs::path& directory) {
  std::error_code none;
  const bool there = fs::exists(directory, none);
  // Old files in it would come back with an import as if they were still to be sent.
  if (there && (!fs::is_directory(directory, none) || !fs::is_empty(directory, none)))
    throw dfi::Error(dfi::msg::mail_export_directory, {{"path", directory.string()}});
  dfi::durable::make_directories(directory, 0700);
}

bool wanted(const QueueEntry& entry, bool all) {
  return all || entry.status == "queued" || entry.status == "held" || entry.status == "failed";
}

void write_new(const fs::path& path, std::string_view bytes) {
  dfi::durable::NewFile file(path, 0600);
  file.write(bytes);
  file.close();
}

/// False if the mail has left the queue, or been sent, meanwhile.
bool export_mail(Queue& queue, std::int64_t id, bool all, const fs::path& directory) {
  if (!queue.find(id)) return false;
  const auto message = queue.message_of(id);
  const auto entry = queue.find(id);
  if (!entry || !wanted(*entry, all)) return false;
  if (static_cast<std::int64_t>(message.size()) != entry->size)
    throw dfi::Error(dfi::msg::mail_body_damaged,
                     {{"path", "FAXKA " + std::to_string(id)}, {"size", std::to_string(entry->size)}});
  const auto stem = directory / std::to_string(id);
  write_new(stem.string() + ".eml", message);
  write_new(stem.string() + ".json", envelope_json(*entry, message).dump(2) + "\n");
  return true;
}

/// The envelopes in the order in which their mails were accepted, and messages without an envelope.
std::vector<fs::path> envelopes_of(const fs::path& directory) {
  std::vector<fs::path> files;
  for (const auto& entry : dfi::walk(directory)) {
    auto path = directory / entry.path;
    if (entry.path.has_parent_path() || entry.kind != dfi::EntryKind::file) continue;
    if (path.extension() == ".json" || (path.extension() == ".eml" && !fs::exists(path.replace_extension(".json"))))
      files.push_back(path);
  }
  std::stable_sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
    return std::atoll(a.stem().c_str()) < std::atoll(b.stem().c_str());
  });
  return files;
}

struct Imported {
  fs::path envelope;
  std::int64_t id = 0;
  bool there = false;  // the mail was there already
  std::optional<dfi::Error> error{};
};

void import_mail(Acceptor& acceptor, Imported& imported) {
  try {
    auto message = imported.envelope;
    message.replace_extension(".eml");
    const auto submission =
        read_envelope(dfi::read_file(imported.envelope), dfi::read_file(message, largest_message), imported.envelope);
    const auto accepted = acceptor.submit(submission);
    imported.id = accepted.id;
    imported.there = accepted.existing;
  } catch (const dfi::Error& error) {
    imported.there = error.message().id == dfi::msg::mail_message_id_used;
    if (imported.there) imported.id = std::atoll(error.arg("mail").c_str());
    if (!imported.there) imported.error = error;
  }
}

std::vector<Imported> import_all(const Context& context, const std::vector<fs::path>& envelopes) {
  std::vector<Imported> mails;
  for (const auto& envelope : envelopes) mails.push_back({envelope});
  Acceptor acceptor(context.layout, Capability::read(context.layout));
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < std::min(importers, mails.size()); ++i)
    threads.emplace_back([&] {
      for (std::size_t mine; (mine = next++) < mails.size();) import_mail(acceptor, mails[mine]);
    });
  for (auto& thread : threads) thread.join();
  return mails;
}

}  // namespace

int queue_export(const Context& context, const std::string& directory, bool all) {
  Queue queue(context.layout, Capability::read(context.layout));
  require_empty(directory);
  dfi::Json done = dfi::Json::array(), damaged = dfi::Json::array();
  for (const auto& entry : queue.list()) {
    if (!wanted(entry, all)) continue;
    try {
      if (export_mail(queue, entry.id, all, directory)) done.push_back(entry.id);
    } catch (const dfi::Error& error) {
      damaged.push_back({{"id", entry.id}, {"error", error_json(error, context.texts.language())}});
      context.say("queue.not_exported", {{"id", std::to_string(entry.id)}, {"text", error.what()}});
    }
  }
  dfi::durable::sync_file_system(directory);
  const int code = damaged.empty() ? 0 : data_exit;
  context.document("queue", code,
                   {{"change", "export"}, {"directory", directory}, {"done", done}, {"damaged", damaged}});
  context.say("queue.exported", {{"count", std::to_string(done.size())}, {"directory", directory}});
  return code;
}

int queue_import(const Context& context, const std::string& directory) {
  const auto pass = dfi::gate::Pass::enter(context.layout.data(), false);
  dfi::Json done = dfi::Json::array(), there = dfi::Json::array(), damaged = dfi::Json::array();
  const auto language = context.texts.language();
  for (const auto& mail : import_all(context, envelopes_of(directory))) {
    const auto name = mail.envelope.filename().string();
    if (mail.error) {
      damaged.push_back({{"file", name}, {"error", error_json(*mail.error, language)}});
      context.say("queue.not_imported", {{"file", name}, {"text", dfi::text(mail.error->message(), language)}});
    } else if (mail.there) {
      there.push_back({{"file", name}, {"id", mail.id}});
      context.say("queue.there", {{"file", name}, {"id", std::to_string(mail.id)}});
    } else {
      done.push_back(mail.id);
    }
  }
  const int code = damaged.empty() ? 0 : data_exit;
  context.document("queue", code, {{"change", "import"}, {"done", done}, {"there", there}, {"damaged", damaged}});
  context.say("queue.imported", {{"count", std::to_string(done.size())},
                                 {"there", std::to_string(there.size())},
                                 {"damaged", std::to_string(damaged.size())}});
  return code;
}

}  // namespace faxmail
