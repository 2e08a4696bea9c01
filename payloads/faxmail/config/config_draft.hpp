// SPDX-License-Identifier: Apache-2.0
// A configuration that is being changed: internal to config/.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "payloads/faxmail/config/config_writer.hpp"

namespace faxmail {

class ConfigDraft {
 public:
  ConfigDraft(const ConfigDesk& desk, const Config& old);

  /// One assignment as config set takes it.
  void apply(const std::string& assignment);
  void set(const std::string& key, const std::string& value);
  void apply_preset(const std::string& name);
  void note(std::string text) { notes_.push_back(std::move(text)); }

  const std::vector<std::string>& notes() const { return notes_; }

  std::string text() const;
  /// Throws what Config::parse says, or mail_usage for a value of the wrong kind; changes nothing.
  Config proved() const;
  /// Proves and writes the file.
  ConfigChange commit() &&;

 private:
  void set_in_account(const std::string& dotted, const std::string& value);
  void require_kinds() const;

  const ConfigDesk& desk_;
  int level_;
  std::map<std::string, std::string> values_;
  std::map<std::string, AccountTable> tables_;
  std::vector<std::string> notes_;
};

}  // namespace faxmail
