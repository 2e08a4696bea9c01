// SPDX-License-Identifier: Apache-2.0
// A directory of its own for half-made files, on the file system of the result; gone with the object.
#pragma once
#include <cstdlib>

#include "base/error.hpp"
#include "base/file.hpp"

namespace dfi::packer {

class Scratch {
 public:
  explicit Scratch(const fs::path& beside) {
    auto parent = fs::absolute(beside).parent_path();
    auto pattern = (parent / ".dfpack.XXXXXX").string();
    if (!::mkdtemp(pattern.data())) throw os_error("create directory in", parent);
    path_ = pattern;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

}  // namespace dfi::packer
