// SPDX-License-Identifier: Apache-2.0
#include "steps/identity_support.hpp"

#include <fmt/core.h>

#include <chrono>

#include "base/error.hpp"
#include "base/file_state.hpp"
#include "messages/step.hpp"
#include "migrations/engine/file_digest.hpp"
#include "system/system.hpp"

namespace dfi::steps {
namespace {

// Changed in the same tick of the kernel's clock: the next change may not move the time.
bool just_changed(const Json& facts) {
  constexpr std::chrono::milliseconds longest_tick(20);
  const std::chrono::nanoseconds changed(facts.at("ctime").get<std::int64_t>());
  return std::chrono::system_clock::now().time_since_epoch() - changed < longest_tick;
}

}  // namespace

Json identity_of(const fs::path& path, const std::string& digest) {
  constexpr std::size_t block = 4 << 20;
  return {{"path", path.string()},
          {"facts", file_state(path)},
          {"times_tell", true},
          {"digest", digest.empty() ? migrations::file_digest(path, block) : digest}};
}

Json identity_read(const fs::path& path, const Json& before, const std::string& digest) {
  const auto facts = file_state(path);
  const bool touched = facts != before || just_changed(before);
  const bool same = facts.at("waiting") == 0 && (!touched || migrations::has_digest(path, digest));
  if (!same || file_state(path) != facts)
    throw Error(msg::changed_meanwhile, {{"path", path.string()}, {"holders", holders_of(path)}});
  return {{"path", path.string()}, {"facts", facts}, {"times_tell", !just_changed(facts)}, {"digest", digest}};
}

Json identity_absent(const fs::path& path) { return {{"path", path.string()}, {"absent", true}}; }

bool is_unchanged(const Json& identity) {
  const fs::path path = identity.at("path").get<std::string>();
  std::error_code none;
  if (identity.contains("absent")) return !fs::exists(fs::symlink_status(path, none));
  if (!fs::exists(path, none)) return false;
  const auto facts = file_state(path);
  const auto& then = identity.at("facts");
  if (identity.at("times_tell").get<bool>() && facts == then) return true;
  return facts.at("size") == then.at("size") && facts.at("waiting") == then.at("waiting") &&
         migrations::has_digest(path, identity.at("digest").get<std::string>());
}

std::string holders_of(const fs::path& path) {
  HolderQuery query;
  query.data_files = {path};
  std::string text;
  for (const auto& holder : find_holders(query).holders)
    text += fmt::format("{}{} {} ({})", text.empty() ? "" : ", ", holder.process.pid, holder.command, holder.user);
  return text.empty() ? "-" : text;
}

}  // namespace dfi::steps
