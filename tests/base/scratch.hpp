// SPDX-License-Identifier: Apache-2.0
// A private directory for one test, and the name of the message that something ends with.
#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <system_error>

#include "base/error.hpp"
#include "base/file.hpp"

namespace dfi::test {

namespace fs = std::filesystem;

class Scratch : public ::testing::Test {
 protected:
  Scratch() {
    auto pattern = (fs::temp_directory_path() / "dfi_unit.XXXXXX").string();
    if (!::mkdtemp(pattern.data())) throw std::system_error(errno, std::generic_category());
    directory_ = pattern;
  }
  ~Scratch() override { fs::remove_all(directory_); }
  fs::path path(const std::string& name) const { return directory_ / name; }
  fs::path file(const std::string& name, const std::string& text) const {
    fs::create_directories(path(name).parent_path());
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }
  fs::path directory_;
};

/// The name of the message that `work` throws, or "nothing".
template <class Work>
std::string error_of(Work work) {
  try {
    work();
  } catch (const Error& error) {
    return std::string(error.message().id.name);
  }
  return "nothing";
}

}  // namespace dfi::test
