// SPDX-License-Identifier: Apache-2.0
// What a bundle for the hotline holds. No part is a data file or has rows of one.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "base/redactor.hpp"
#include "cli/context.hpp"

namespace dfi::cli {

struct SupportPart {
  std::string name;  // its path in the bundle
  /// Its redacted bytes. Throws Error if it cannot be read or redacted.
  std::function<std::string(Redactor&)> make;
};

/// Sorted by name.
std::vector<SupportPart> support_parts(const Context& context, const Layout& layout);
/// Teaches the redactor the secrets and hosts of this host: what the configuration of the product and the files it
/// names say, and the names of this machine.
void learn_secrets(Redactor& redactor, const Layout& layout);

/// A copy of the journal whose texts are redacted, as the bytes of a SQLite file.
std::string redacted_journal(Redactor& redactor, const std::string& place, const fs::path& journal);

}  // namespace dfi::cli
