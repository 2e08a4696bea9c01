// SPDX-License-Identifier: Apache-2.0
#include "core/layout.hpp"

#include "base/durable.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/toml.hpp"

namespace dfi {

HostConfig HostConfig::load(const fs::path& root) {
  HostConfig config;
  const auto path = root / "etc/opt/dfinstall/dfinstall.toml";
  auto text = read_file_if_exists(path);
  if (!text) return config;
  auto table = parse_toml(*text, path);
  for (const auto& entry : table) {
    const auto& key = entry.first;
    const auto& node = entry.second;
    auto expect_text = [&](auto& target) {
      const auto value = node.value<std::string>();
      if (!value) throw toml_error(path, node.source(), std::string(key.str()) + " must be text");
      target = *value;
    };
    if (key == "product")
      expect_text(config.product);
    else if (key == "repository")
      expect_text(config.repository);
    else if (key == "proxy")
      expect_text(config.proxy);
    else if (key == "ca_file")
      expect_text(config.ca_file);
    else if (key == "keep_generations")
      config.keep_generations = static_cast<int>(node.value_or<int64_t>(3));
    else if (key == "keep_backups")
      config.keep_backups = static_cast<int>(node.value_or<int64_t>(3));
    else
      throw toml_error(path, key.source(), "unknown key '" + std::string(key.str()) + "'");
  }
  if (!config.ca_file.empty() && config.ca_file.is_relative()) config.ca_file = path.parent_path() / config.ca_file;
  return config;
}

Layout::Layout(fs::path root, std::string product) : root_(std::move(root)), product_(std::move(product)) {}

namespace {
fs::path beside(const fs::path& data_file, int run, const std::string& suffix) {
  return data_file.parent_path() / ".dfinstall" / std::to_string(run) / (data_file.filename().string() + suffix);
}
}  // namespace

fs::path Layout::shadow(const fs::path& data_file, int run) { return beside(data_file, run, ""); }
fs::path Layout::original(const fs::path& data_file, int run) { return beside(data_file, run, ".original"); }

void make_state_directory(const Layout& layout) {
  durable::make_directories(layout.state().parent_path());
  durable::make_directories(layout.state(), 0750);
}

std::optional<std::string> find_product(const fs::path& root, const std::string& asked) {
  if (!asked.empty()) return asked;
  if (auto config = HostConfig::load(root); !config.product.empty()) return config.product;
  std::optional<std::string> found;
  std::error_code error;
  const auto states = root / "var/opt/dfinstall";
  fs::directory_iterator entries(states, error);
  if (error == std::errc::permission_denied) throw os_error("read", states, error.value());
  for (const auto& entry : entries) {
    // A file system of its own brings lost+found.
    if (!entry.is_directory() || entry.path().filename() == "lost+found") continue;
    if (found) return std::nullopt;
    found = entry.path().filename().string();
  }
  return found;
}

}  // namespace dfi
