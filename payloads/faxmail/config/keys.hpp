// SPDX-License-Identifier: Apache-2.0
// The keys of FAXMAILC at each of its levels: name, kind, default and what a value may be. What they mean stands in
// config/README.md; the file a new installation gets is migrations/definitions/formats/FAXMAILC.<level>.toml.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace faxmail {

enum class KeyKind { text, integer, boolean };
/// account: may also stand in a table [account.NAME] (level 4). engine: counts for the engine as a whole.
enum class KeyOwner { account, engine };

struct ConfigKey {
  const char* name;
  KeyKind kind;
  const char* fallback;  // as written in the file, without quotes
  int first_level, last_level;
  KeyOwner owner = KeyOwner::account;
  const char* words = "";                // the only values allowed, separated by blanks; "": any
  std::int64_t lowest = 0, highest = 0;  // of an integer; both 0: checked elsewhere
};

/// The newest level any release works with; levels below lack some of its keys.
constexpr int newest_config_level = 4;

/// The keys of a level in the order of the file; format_level and the tables are not among them.
std::vector<ConfigKey> config_keys(int level);
/// Null if this level has no such key.
const ConfigKey* find_key(int level, const std::string& name);
/// What may be written for the key: "*YES, *NO", "1-20", "\"text\"".
std::string allowed_text(const ConfigKey& key);

}  // namespace faxmail
