// SPDX-License-Identifier: Apache-2.0
#include "steps/ownership_support.hpp"

#include <pwd.h>

#include "base/durable.hpp"
#include "base/file.hpp"
#include "messages/step.hpp"

namespace dfi::steps {
namespace {

constexpr auto given_note = "given";

struct Gift {
  fs::path path;
  mode_t mode;
  uid_t user;
  gid_t group;
};

bool is_given(const Gift& gift) {
  const auto facts = describe(gift.path, {});
  return facts.user == gift.user && facts.group == gift.group && (facts.mode & 07777u) == gift.mode;
}

Json facts_of(const fs::path& path) {
  const auto facts = describe(path, {});
  return {{"mode", facts.mode & 07777u}, {"user", facts.user}, {"group", facts.group}};
}

void give(const Gift& gift) {
  durable::set_owner(gift.path, {gift.user, gift.group});
  durable::set_mode(gift.path, gift.mode);  // chown clears set-id bits
}

std::vector<Gift> gifts_of(const Run& run, const ProductSpec& spec, const passwd& user) {
  const auto data = run.layout().data();
  // Sticky and root's: the service may make and change its files there, but not exchange .dfinstall.
  std::vector<Gift> gifts{{data, 01770, 0, user.pw_gid}};
  for (const auto& file : spec.data_files) {
    const auto path = data_path(run.layout(), file);
    const auto facts = describe(path, {});
    if (facts.user != 0) continue;
    const bool in_data = path.parent_path() == data;
    gifts.push_back({path, facts.mode & 07777u, in_data ? user.pw_uid : 0, user.pw_gid});
  }
  return gifts;
}

}  // namespace

void give_to_service_user(Run& run, const ProductSpec& spec) {
  if (run.services().kind() != "systemd" || spec.user.empty()) return;
  const passwd* user = ::getpwnam(spec.user.c_str());
  if (!user) throw Error(msg::service_user_missing, {{"user", spec.user}});
  auto noted = run.note(given_note).value_or(Json::array());
  for (const auto& gift : gifts_of(run, spec, *user)) {
    if (is_given(gift)) continue;  // by an earlier try, which has noted it
    noted.push_back({{"path", gift.path.string()},
                     {"before", facts_of(gift.path)},
                     {"after", {{"mode", gift.mode}, {"user", gift.user}, {"group", gift.group}}}});
    run.note(given_note, noted);
    give(gift);
  }
}

void give_back(const Run& run, int giver) {
  const auto noted = run.journal().note(giver, given_note).value_or(Json::array());
  for (const auto& gift : noted) {
    const fs::path path = gift.at("path").get<std::string>();
    if (!fs::exists(path)) continue;
    const auto now = facts_of(path);
    const auto &before = gift.at("before"), &after = gift.at("after");
    // Killed in the middle it may be half given.
    const auto is_ours = [&](const char* key) { return now.at(key) == after.at(key) || now.at(key) == before.at(key); };
    if (!is_ours("user") || !is_ours("group")) continue;
    const auto& mode = is_ours("mode") ? before.at("mode") : now.at("mode");
    give({path, mode.get<mode_t>(), before.at("user").get<uid_t>(), before.at("group").get<gid_t>()});
  }
}

}  // namespace dfi::steps
