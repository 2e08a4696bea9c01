// SPDX-License-Identifier: Apache-2.0
// A vendor's workshop in a directory of its own: a key pair and a tiny product whose files the tests change.
#pragma once
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <string>
#include <system_error>

#include "base/error.hpp"
#include "payloads/packer/ptf.hpp"
#include "payloads/packer/publish.hpp"
#include "payloads/packer/release.hpp"

namespace dfi::packer {

inline constexpr auto product_toml = R"(product = "mini"
title = "Mini"
version = "2.00"
released = "2020-01-02"
min_dfinstall = "1.0.0"
platform = "any"
selftest = ["{product}/bin/tool", "--root", "{root}"]

[[data_files]]
name = "DATA"
kind = "sqlite"
path = "var/opt/mini/DATA"
level = 2

[[services]]
name = "daemon"
unit = "mini.service"
command = ["{product}/bin/daemon"]
objects = ["bin/daemon", "share/*.json"]

[[objects]]
path = "bin/*"
kind = "program"
mode = "0755"

[[objects]]
path = "*"
kind = "text"
mode = "0644"
)";

inline void write(const fs::path& path, std::string_view text) {
  fs::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file << text;
}

inline void replace(const fs::path& path, const std::string& from, const std::string& to) {
  auto text = read_file(path);
  auto place = text.find(from);
  ASSERT_NE(place, std::string::npos) << path << " holds no " << from;
  write(path, text.replace(place, from.size(), to));
}

class Workshop : public ::testing::Test {
 protected:
  Workshop() {
    auto pattern = (fs::temp_directory_path() / "packer_test.XXXXXX").string();
    if (!::mkdtemp(pattern.data())) throw std::system_error(errno, std::generic_category());
    root_ = pattern;
    source_ = root_ / "source";
    fs::create_directory(keys_ = root_ / "keys");
    generate_keys(key_ = keys_ / "vendor.key", keys_ / "vendor.pem");
    make_source(source_);
  }
  ~Workshop() override { fs::remove_all(root_); }

  static void make_source(const fs::path& source) {
    write(source / "product.toml", product_toml);
    write(source / "objects/bin/daemon", "#!/bin/sh\nexit 0\n");
    write(source / "objects/bin/tool", std::string(300'000, 'x'));
    write(source / "objects/share/limits.json", "{\"tls\": \"1.0\"}\n");
    write(source / "definitions/formats/DATA.1.toml", "file = \"DATA\"\nlevel = 1\n");
    write(source / "definitions/formats/DATA.2.toml", "file = \"DATA\"\nlevel = 2\n");
    write(source / "definitions/2.00/CVTDATA2.toml", "name = \"CVTDATA2\"\n");
  }

  TrustedKeys trusted() const { return TrustedKeys::load(keys_); }
  ReleaseMade make_release(const fs::path& output, const fs::path& ptf = {}) {
    return write_release(read_source(source_), output, key_, ptf);
  }
  static PtfSpec ptf_spec() { return {"HOT1", {"HOTFIX1"}, {"2.00"}, "hot", "heiß"}; }
  Manifest make_ptf(const fs::path& base, const fs::path& output) {
    return write_ptf(base, read_source(source_), ptf_spec(), output, key_);
  }

  fs::path root_, source_, keys_, key_;
};

/// The name of the message that `work` ends with, or "" if it succeeds.
inline std::string failure(const std::function<void()>& work) {
  try {
    work();
    return {};
  } catch (const Error& error) {
    return std::string(error.message().id.name);
  }
}

}  // namespace dfi::packer
