// SPDX-License-Identifier: Apache-2.0
// What a person changed in a configuration since it had a known content.
#include "base/file.hpp"
#include "migrations/engine/config_document.hpp"
#include "migrations/engine/kinds.hpp"

namespace dfi::migrations::config_kind {
namespace {

using Said = std::map<std::string, Json>;

Json to_json(const Value& value) {
  return std::visit([](const auto& plain) { return Json(plain); }, value);
}

// "port", "account.x.port"; what the level does not know stands there as it was written.
Said said_in(const fs::path& path, const Format& format) {
  Said said;
  std::vector<std::string> unknown;
  const auto document = read_document(read_file(path), path, format, unknown);
  for (const auto& [key, entry] : document.values) said[key] = to_json(entry.value);
  for (const auto& [name, table] : document.tables) {
    const auto prefix = name.first + "." + name.second;
    said[prefix] = Json::object();
    for (const auto& [key, entry] : table.values) said[prefix + "." + key] = to_json(entry.value);
    for (const auto& [key, list] : table.lists) said[prefix + "." + key] = list.items;
  }
  for (const auto& text : unknown) said[text.substr(text.find(": ") + 2)] = Json::object();
  return said;
}

Catalogue::Carried compare(const Said& before, const Said& after, const Catalogue::RowListener& tell) {
  Catalogue::Carried carried;
  for (const auto& [key, value] : after) {
    const auto old = before.find(key);
    if (old == before.end()) {
      ++carried.created;
      tell({{"change", "new"}, {"key", key}, {"values", value}});
    } else if (old->second != value) {
      ++carried.changed;
      tell({{"change", "changed"}, {"key", key}, {"values", value}, {"before", old->second}});
    }
  }
  for (const auto& [key, value] : before)
    if (!after.count(key)) {
      ++carried.deleted;
      tell({{"change", "deleted"}, {"key", key}, {"values", value}});
    }
  return carried;
}

// Nothing: a slip of a person, and no keys to tell apart.
std::optional<Said> readable(const fs::path& path, const Format& format) {
  try {
    return said_in(path, format);
  } catch (const Refused&) {
    return std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

Catalogue::Carried carry_over(const DataFile& now, const Format& format, const fs::path& then,
                              const Catalogue::RowListener& tell) {
  const auto before = said_in(then, format);
  const auto after = readable(now.path, format);
  Catalogue::Carried carried;
  if (after) carried = compare(before, *after, tell);
  // Comments are a person's work, too.
  carried.whole = !carried.any() && read_file(now.path) != read_file(then);
  return carried;
}

}  // namespace dfi::migrations::config_kind
