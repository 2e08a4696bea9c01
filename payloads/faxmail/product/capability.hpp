// SPDX-License-Identifier: Apache-2.0
// The capability object share/capability.json: what the engine of a release may do. The engine's source is one for all
// releases; a PTF that replaces this object changes what the engine allows.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "payloads/faxmail/product/layout.hpp"
#include "payloads/faxmail/product/words.hpp"

namespace faxmail {

struct Capability {
  std::string version;  // "5.92"
  std::string ptf;      // "HOTPTF20200811" or empty
  std::map<std::string, int> levels;
  std::vector<std::string> ssl, auth, presets;
  bool smtps = false;
  std::string tls_min;  // "1.2"; empty = no TLS in this release

  /// Throws Error mail_capability_missing or json_malformed.
  static Capability read(const Layout& layout);

  /// "5.92 HOTPTF20200811": how messages name the release.
  std::string name() const { return ptf.empty() ? version : version + " " + ptf; }
  /// The level this release works with; 0 for a file it does not know.
  int level(const std::string& file) const;
};

}  // namespace faxmail
