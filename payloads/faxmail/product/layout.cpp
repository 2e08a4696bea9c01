// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/product/layout.hpp"

namespace faxmail {

fs::path Layout::product_object(const fs::path& relative) const {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    const fs::path own = program.parent_path().parent_path() / relative;
    if (fs::is_regular_file(own, error)) return own;
  }
  return root / "opt/directfax/current" / relative;
}

}  // namespace faxmail
