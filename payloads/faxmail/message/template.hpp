// SPDX-License-Identifier: Apache-2.0
// Text templates: subject, text and perhaps HTML with places {name} that are filled for each mail. The product delivers
// some (share/templates/NAME.<language>.toml, product objects), a person may add or replace any in
// etc/opt/directfax/templates.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/message.hpp"
#include "payloads/faxmail/product/layout.hpp"

namespace faxmail {

struct Template {
  fs::path path;
  std::string subject, text, html;  // html may be empty

  /// Of this language, else of the other one; a person's before the product's. Throws Error mail_template_unknown,
  /// mail_template_malformed or toml_malformed.
  static Template load(const Layout& layout, const std::string& name, dfi::Language language);
  /// Names of all templates, sorted.
  static std::vector<std::string> names(const Layout& layout);
};

using TemplateValues = std::map<std::string, std::string>;

/// The template with its places filled; in HTML the values are escaped. {logo} in HTML is left for the mail writer; a
/// brace that opens no {name} is text. Throws Error mail_template_value_missing naming the place, or mail_header_unsafe
/// if a value would break the subject line.
Template filled(const Template& source, const TemplateValues& values);

}  // namespace faxmail
