// SPDX-License-Identifier: Apache-2.0
// Where the product's things lie below a root. Changes nothing.
#pragma once
#include <filesystem>
#include <string>

namespace faxmail {

namespace fs = std::filesystem;

struct Layout {
  fs::path root = "/";

  fs::path data() const { return root / "var/opt/directfax"; }
  fs::path data_file(const std::string& name) const { return data() / name; }
  fs::path trace_directory() const { return data() / "trace"; }
  fs::path config_directory() const { return root / "etc/opt/directfax"; }
  fs::path config_file() const { return config_directory() / "faxmail.toml"; }

  /// An object of the product: of the generation whose bin/ holds this program, else of the generation that is current
  /// below the root. A running engine thus keeps the objects it was started with.
  fs::path product_object(const fs::path& relative) const;
};

}  // namespace faxmail
