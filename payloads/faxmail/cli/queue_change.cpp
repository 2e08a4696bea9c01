// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/cli/verbs.hpp"
#include "payloads/faxmail/queue/queue.hpp"

namespace faxmail {
namespace {

bool apply(Queue& queue, const std::string& change, std::int64_t id) {
  if (change == "hold") return queue.hold(id, "operator");
  if (change == "release") return queue.release(id);
  if (change == "retry") return queue.retry(id);
  return queue.remove(id);
}

/// The states a change is meant for when nobody names mails: --all must not delete history or retry what waits anyway.
std::vector<std::int64_t> meant(Queue& queue, const std::string& change) {
  const std::string status = change == "release" ? "held" : change == "retry" ? "failed" : "queued";
  std::vector<std::int64_t> ids;
  for (const auto& entry : queue.list(status)) ids.push_back(entry.id);
  return ids;
}

}  // namespace

int queue_change(const Context& context, const std::string& change, const std::vector<std::int64_t>& ids, bool all) {
  Queue queue(context.layout, Capability::read(context.layout));
  dfi::Json done = dfi::Json::array(), refused = dfi::Json::array();
  for (const auto id : all ? meant(queue, change) : ids) {
    const bool changed = apply(queue, change, id);
    (changed ? done : refused).push_back(id);
    if (changed) continue;
    const auto entry = queue.find(id);
    context.say("queue.not_" + change,
                {{"id", std::to_string(id)}, {"status", entry ? context.texts("state." + entry->status) : "-"}});
  }
  const int code = refused.empty() ? 0 : 1;
  context.document("queue", code, {{"change", change}, {"done", done}, {"refused", refused}});
  context.say("queue.changed", {{"count", std::to_string(done.size())}});
  return code;
}

int queue_flush(const Context& context) {
  const int count = Queue(context.layout, Capability::read(context.layout)).flush();
  context.document("queue", 0, {{"change", "flush"}, {"count", count}});
  context.say("queue.changed", {{"count", std::to_string(count)}});
  return 0;
}

}  // namespace faxmail
