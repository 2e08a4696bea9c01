// SPDX-License-Identifier: Apache-2.0
// What every verb of `faxmail` gets: where the product is, how to speak, where to write.
#pragma once
#include <iosfwd>
#include <string>

#include "base/error.hpp"
#include "base/json.hpp"
#include "payloads/faxmail/product/capability.hpp"
#include "payloads/faxmail/product/layout.hpp"
#include "payloads/faxmail/product/texts.hpp"

namespace faxmail {

struct Context {
  Layout layout;
  Texts texts;
  bool json = false;
  std::ostream& out;

  /// One line of text; nothing with --json.
  void say(const std::string& key, const dfi::Args& args = {}) const;
  void line(const std::string& text) const;
  /// The one document of --json; nothing without. `fields` stand behind schema, verb, ok and exit.
  void document(const std::string& verb, int exit, const dfi::Json& fields) const;
};

/// An error in the language of the operator: text, trail, cause, recovery.
std::string error_text(const dfi::Error& error, dfi::Language language);
dfi::Json error_json(const dfi::Error& error, dfi::Language language);

}  // namespace faxmail
