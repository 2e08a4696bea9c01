// SPDX-License-Identifier: Apache-2.0
#include "tests/support/tree.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <regex>

#include "base/database.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/hash.hpp"
#include "base/json.hpp"

namespace dfi::test {
namespace {

// Without what differs between two runs that do the same.
std::string generation_text(const fs::path& path) {
  auto json = parse_json(read_file(path), path);
  for (auto& ptf : json["ptfs"]) ptf.erase("applied");
  return std::regex_replace(json.dump(), std::regex(R"(PTF\d{6})"), "PTFyymmdd");
}

std::string content(const fs::path& path) {
  if (path.filename() == ".generation.json") return sha256(generation_text(path));
  return is_database(path) ? sha256(dump(path)) : sha256_file(path);
}

bool left_out(const fs::path& relative) {
  const auto text = relative.string();
  auto ends = [&](const std::string& end) {
    return text.size() > end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
  };
  return text.find(".dfinstall") != std::string::npos || ends("-wal") || ends("-shm");
}

// Mode, owner and extended attributes.
std::string attributes(const TreeEntry& entry, const fs::path& path) {
  auto text = fmt::format("{:04o} {}:{}", entry.mode & 07777u, entry.user, entry.group);
  for (const auto& [name, value] : extended_attributes(path)) text += fmt::format(" {}={}", name, value);
  return text;
}

std::pair<dev_t, ino_t> identity(const fs::path& path) {
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) != 0) throw os_error("stat", path);
  return {facts.st_dev, facts.st_ino};
}

void add(Tree& to, const std::string& prefix, const fs::path& directory) {
  for (const auto& [path, what] : tree_of(directory)) to[prefix + path] = what;
}

}  // namespace

std::string dump(const fs::path& path) {
  SQLite::Database database(path.string(), SQLite::OPEN_READWRITE, 5000);
  std::string text = "level " + database.execAndGet("PRAGMA user_version").getString() + "\n";
  std::vector<std::string> tables;
  SQLite::Statement schema(database, "SELECT type, name, sql FROM sqlite_master ORDER BY type, name");
  while (schema.executeStep()) {
    const auto name = schema.getColumn(1).getString();
    if (schema.getColumn(0).getString() == "table") tables.push_back(name);
    text += name + ": " + schema.getColumn(2).getString() + "\n";
  }
  for (const auto& table : tables) {
    SQLite::Statement rows(database, "SELECT * FROM \"" + table + "\" ORDER BY 1");
    while (rows.executeStep()) {
      text += table;
      for (int i = 0; i < rows.getColumnCount(); ++i) text += "|" + rows.getColumn(i).getString();
      text += "\n";
    }
  }
  return text;
}

Tree tree_of(const fs::path& directory) {
  Tree tree;
  if (!fs::exists(directory)) return tree;
  std::map<std::pair<dev_t, ino_t>, std::string> first_names;
  for (const auto& entry : walk(directory)) {
    if (left_out(entry.path)) continue;
    const auto path = directory / entry.path, name = entry.path;
    if (entry.kind == EntryKind::link) {
      tree[name] = "link " + entry.target;
    } else if (entry.kind == EntryKind::directory) {
      tree[name] = "directory " + attributes(entry, path);
    } else if (const auto [first, is_first] = first_names.emplace(identity(path), name); is_first) {
      tree[name] = "file " + attributes(entry, path) + " " + content(path);
    } else {
      tree[name] = "hard link to " + first->second;
    }
  }
  return tree;
}

Tree product_state(const fs::path& root, const std::string& product) {
  Tree tree;
  const auto base = root / "opt" / product;
  if (fs::exists(base / "current")) add(tree, "product/", fs::canonical(base / "current"));
  add(tree, "data/", root / "var/opt" / product);
  add(tree, "config/", root / "etc/opt" / product);
  add(tree, "shared/", root / "srv");
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(base, none))
    if (const auto name = entry.path().filename().string(); name.rfind("PTF", 0) == 0)
      tree["saved/" + std::regex_replace(name, std::regex(R"(PTF\d{6})"), "PTFyymmdd")] = "there";
  return tree;
}

std::string difference(const Tree& expected, const Tree& found) {
  std::string text;
  for (const auto& [path, what] : expected) {
    auto other = found.find(path);
    if (other == found.end())
      text += "missing: " + path + "\n";
    else if (other->second != what)
      text += "differs: " + path + " (" + what + " → " + other->second + ")\n";
  }
  for (const auto& [path, what] : found)
    if (!expected.count(path)) text += "too much: " + path + " (" + what + ")\n";
  return text;
}

namespace {

// The last update that is done and whose promise of a way back nobody has ended; what it noted to keep.
std::pair<std::string, Json> kept_update(const fs::path& journal) {
  if (!fs::exists(journal)) return {};
  SQLite::Database database(journal.string(), SQLite::OPEN_READWRITE, 5000);
  SQLite::Statement query(database,
                          "SELECT r.id, n.value FROM run r JOIN note n ON n.run = r.id AND n.key = 'kept' WHERE "
                          "r.verb = 'update' AND r.outcome = 'done' AND NOT EXISTS(SELECT 1 FROM note e WHERE e.key = "
                          "'ends_update' AND e.value = r.id) ORDER BY r.id DESC");
  if (!query.executeStep()) return {};
  return {query.getColumn(0).getString(), Json::parse(query.getColumn(1).getString())};
}

}  // namespace

// Originals of an update that can still be taken back are none; one that is missing is told as well.
std::string left_overs(const fs::path& root, const std::string& product) {
  static const std::regex pattern(
      R"((^|.*/)(\.dfinstall/(\d+(/.*)?|gate)|\.staging-.*|(staging|drill|kept)/.+|\..*\.tmp\d+.*|\.snapshots.*))");
  const auto [run, kept] = kept_update(root / "var/opt/dfinstall" / product / "journal.db");
  const std::regex promised(R"((^|.*/)(\.dfinstall/)" + run + R"((/[^/]*\.original)?|kept/)" + run +
                            R"((/definitions(/.*)?)?))");
  std::string text;
  if (!run.empty())
    for (const auto& file : kept.at("files"))
      if (!file.at("original").is_null() && !fs::exists(file.at("original").at("path").get<std::string>()))
        text += "missing: " + file.at("original").at("path").get<std::string>() + "\n";
  const auto below = [&](const char* place) { return fs::path(place) / product; };
  for (const fs::path& place :
       {below("opt"), below("var/opt"), below("etc/opt"), below("var/opt/dfinstall"), fs::path("srv")}) {
    const auto directory = root / place;
    if (!fs::exists(directory)) continue;
    for (const auto& entry : walk(directory))
      if (std::regex_match(entry.path.string(), pattern) &&
          (run.empty() || !std::regex_match(entry.path.string(), promised)))
        text += (place / entry.path).string() + "\n";
  }
  return text;
}

}  // namespace dfi::test
