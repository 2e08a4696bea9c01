// SPDX-License-Identifier: Apache-2.0
// The one redactor: whatever leaves a process or a host goes through it. It takes out secrets which it knows by value
// (plain, in base64, as JSON writes them), and what looks like one: values of keys whose name says so, tokens, AUTH
// lines, private keys, dumps of records. In what leaves the house it takes out mail addresses and hosts, too. It counts
// what it has masked, by place and kind; the value is in no count.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace dfi {

enum class Masked { secret, token, auth, record, address, host };
/// "secret" and so on.
std::string_view masked_name(Masked kind);

/// True if a configuration key of this name holds a secret: "smtp.password", "api_token". Not "password_file", which
/// says where one is kept.
bool names_a_secret(std::string_view key);
/// A key that says in which file a secret is kept: "password_file".
bool names_a_secret_file(std::string_view key);

class Redactor {
 public:
  enum class Extent { secrets, names_too };
  explicit Redactor(Extent extent = Extent::secrets) : extent_(extent) {}
  Redactor(const Redactor&) = delete;
  Redactor& operator=(const Redactor&) = delete;
  Redactor(Redactor&&) = default;
  Redactor& operator=(Redactor&&) = default;
  ~Redactor() { forget(); }

  /// Shorter than 4 bytes is not searched for: it would blot out ordinary words.
  void add(std::string_view secret);
  /// A name of a machine that does not look like one ("mailhost").
  void add_host(std::string_view name);
  /// Wipes the known secrets.
  void forget();

  /// The known secrets become "***"; for a dialogue while it goes on.
  std::string apply(std::string text) const;
  /// Everything of `extent` becomes "***", addresses and hosts "[address 1]": the same one has the same number, so
  /// that a reader can follow it. Throws Error not_redactable if the text is no UTF-8.
  std::string clean(const std::string& place, std::string_view text);
  /// Every string of a document; keys that name a secret lose their value.
  Json clean_json(const std::string& place, const Json& document);
  /// What the caller masks itself counts, too.
  std::string mask(const std::string& place, Masked kind);

  using Counts = std::map<std::string, std::map<Masked, std::size_t>>;  // by place
  const Counts& masked() const { return masked_; }

 private:
  std::string clean_line(const std::string& place, std::string line);
  std::string numbered(const std::string& place, Masked kind, std::string value);

  Extent extent_;
  std::vector<std::string> forms_, hosts_;
  std::map<std::string, std::size_t> numbers_[2];  // of addresses, of hosts
  Counts masked_;
  bool in_private_key_ = false;
};

/// What a configuration file says, one "key = value" a line, without its comments: they may hold anything. Only values
/// of keys that are known and no secrets are shown. Throws Error toml_malformed: nobody can tell where in such a text a
/// secret begins.
std::string redacted_toml(Redactor& redactor, const std::string& place, std::string_view text,
                          const std::function<bool(const std::string& key)>& known);

/// "PLACE: 2 secret, 1 host" a line, sorted by place.
std::string masked_text(const Redactor::Counts& counts);
Json masked_json(const Redactor::Counts& counts);

}  // namespace dfi
