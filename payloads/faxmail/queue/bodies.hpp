// SPDX-License-Identifier: Apache-2.0
// Large bodies lie in files beside FAXKA (mail study 7.4). Order of every change: the file is on disk before the row
// that names it is committed, and a row is gone before its file is removed; what a crash leaves in between is a file
// without a row, which sweep() removes.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "payloads/faxmail/product/layout.hpp"

namespace faxmail {

/// Larger bodies go into files: measured, SQLite is faster below and a file above.
constexpr std::size_t largest_inline_body = 128 * 1024;

class Bodies {
 public:
  explicit Bodies(const Layout& layout) : directory_(layout.data() / "FAXKA.mails") {}

  /// Writes a body and returns the name of its file when its bytes are on disk; the name is after sync(). Throws
  /// os_error.
  std::string store(std::string_view message) const;
  /// One flush for the names of all bodies stored so far.
  void sync() const;
  fs::path path_of(const std::string& name) const { return directory_ / name; }
  void remove(const std::string& name) const;
  /// Removes files older than an hour for which `known` says no. Returns how many.
  int sweep(const std::function<bool(const std::string& name)>& known) const;

 private:
  fs::path directory_;
};

}  // namespace faxmail
