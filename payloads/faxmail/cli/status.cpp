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

}  // namespace

int status(const Context& context) {
  const auto capability = Capability::read(context.layout);
  const auto marker = dfi::gate::read(context.layout.data());
  const auto owner = queue_owner(context.layout.data());
  const auto counts = Queue(context.layout, capability).counts();
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
                    {"warnings", warned}});
  context.say("status.version", {{"version", capability.name()}});
  owner ? context.say("status.running", {{"pid", *owner}}) : context.say("status.stopped");
  context.say("status.gate_" + gate, {{"run", marker ? marker->run : ""}, {"since", marker ? marker->since : ""}});
  for (const auto& [name, count] : counts)
    context.say("status.count", {{"status", context.texts("state." + name)}, {"count", std::to_string(count)}});
  for (const auto& text : warned) context.say("warning.label", {{"text", text}});
  return 0;
}

}  // namespace faxmail
