// SPDX-License-Identifier: Apache-2.0
#include "base/gate.hpp"
#include "payloads/faxmail/cli/verbs.hpp"
#include "payloads/faxmail/config/config.hpp"
#include "payloads/faxmail/config/warnings.hpp"
#include "payloads/faxmail/engine/owner.hpp"
#include "payloads/faxmail/queue/queue.hpp"

namespace faxmail {
namespace {

/// A configuration that cannot be read is one thing more to say, no reason to say nothing.
std::vector<std::string> warnings(const Context& context, const Capability& capability) {
  try {
    return warning_texts(Config::read(context.layout, capability), context.texts);
  } catch (const dfi::Error& error) {
    return {dfi::text(error.message(), context.texts.language())};
  }
}

/// What the engine and the operator have noted: accounts and senders that wait, and why.
struct Waiting {
  dfi::Json accounts = dfi::Json::object(), senders = dfi::Json::object();
  bool suspended = false;
};

Waiting waiting(Queue& queue) {
  Waiting waiting;
  for (const auto& [key, value] : queue.notes()) {
    const auto colon = key.find(':');
    const auto kind = key.substr(0, colon);
    if (kind == "paused" || kind == "drain") waiting.suspended = true;
    if (kind == "account") waiting.accounts[key.substr(colon + 1)] = dfi::parse_json(value, key);
    if (kind == "sender") waiting.senders[key.substr(colon + 1)] = dfi::parse_json(value, key);
  }
  return waiting;
}

void say_waiting(const Context& context, const Waiting& waiting) {
  if (waiting.suspended) context.say("status.suspended");
  for (const auto& [key, list] : {std::pair{"status.account", &waiting.accounts}, {"status.sender", &waiting.senders}})
    for (const auto& [name, note] : list->items())
      context.say(key, {{"name", name}, {"until", note.value("until", "")}, {"text", note.value("text", "")}});
}

}  // namespace

int status(const Context& context) {
  const auto capability = Capability::read(context.layout);
  const auto marker = dfi::gate::read(context.layout.data());
  const auto owner = queue_owner(context.layout.data());
  Queue file(context.layout, capability);
  const auto counts = file.counts();
  const auto held_up = waiting(file);
  dfi::Json queue = dfi::Json::object();
  for (const auto& [name, count] : counts) queue[name] = count;
  const auto warned = warnings(context, capability);
  const std::string gate = !marker ? "open" : marker->phase == dfi::gate::Phase::held ? "held" : "closed";
  context.document("status", 0,
                   {{"version", capability.version},
                    {"ptf", capability.ptf},
                    {"engine", {{"running", owner.has_value()}, {"pid", owner.value_or("")}}},
                    {"gate", {{"state", gate}, {"run", marker ? marker->run : ""}}},
                    {"queue", queue},
                    {"suspended", held_up.suspended},
                    {"accounts", held_up.accounts},
                    {"senders", held_up.senders},
                    {"warnings", warned}});
  context.say("status.version", {{"version", capability.name()}});
  owner ? context.say("status.running", {{"pid", *owner}}) : context.say("status.stopped");
  context.say("status.gate_" + gate, {{"run", marker ? marker->run : ""}, {"since", marker ? marker->since : ""}});
  for (const auto& [name, count] : counts)
    context.say("status.count", {{"status", context.texts("state." + name)}, {"count", std::to_string(count)}});
  say_waiting(context, held_up);
  for (const auto& text : warned) context.say("warning.label", {{"text", text}});
  return 0;
}

}  // namespace faxmail
