// SPDX-License-Identifier: Apache-2.0
// What the engine says to an operator when nothing is wrong: state lines, lists, help, comments of the configuration.
// The texts are product objects, share/messages/faxmail.<language>.toml, and can be replaced by a PTF; errors are
// messages of the catalogue (base/message.hpp).
#pragma once
#include <map>
#include <string>

#include "base/message.hpp"
#include "payloads/faxmail/product/layout.hpp"

namespace faxmail {

class Texts {
 public:
  /// Throws Error mail_texts_missing or toml_malformed.
  static Texts load(const Layout& layout, dfi::Language language);

  /// The text of a key with the arguments put in for {name}. An unknown key is shown as it is: a missing text must not
  /// stop the mail.
  std::string operator()(const std::string& key, const dfi::Args& args = {}) const;
  dfi::Language language() const { return language_; }
  const std::map<std::string, std::string>& all() const { return texts_; }

 private:
  dfi::Language language_ = dfi::Language::english;
  std::map<std::string, std::string> texts_;
};

}  // namespace faxmail
