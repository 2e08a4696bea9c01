// SPDX-License-Identifier: Apache-2.0
// Where everything lies below a root. The product's name is the only variable.
#pragma once
#include <filesystem>
#include <optional>
#include <string>

namespace dfi {

namespace fs = std::filesystem;

/// What etc/opt/dfinstall/dfinstall.toml says; every key may be missing.
struct HostConfig {
  std::string product;     // the product this host's commands mean
  std::string repository;  // https://…/ of the vendor
  std::string proxy;
  fs::path ca_file;
  int keep_generations = 3;  // product generations kept by commit, the active one counted
  int keep_backups = 3;      // backups made by updates kept by commit; those somebody made by hand stay

  /// Throws Error toml_malformed naming the line of an unknown key.
  static HostConfig load(const fs::path& root);
};

class Layout {
 public:
  Layout(fs::path root, std::string product);

  const fs::path& root() const { return root_; }
  const std::string& product() const { return product_; }

  fs::path product_base() const { return root_ / "opt" / product_; }
  fs::path releases() const { return product_base() / "releases"; }
  fs::path current() const { return product_base() / "current"; }
  fs::path data() const { return root_ / "var/opt" / product_; }
  fs::path config() const { return root_ / "etc/opt" / product_; }
  fs::path state() const { return root_ / "var/opt/dfinstall" / product_; }
  fs::path journal() const { return state() / "journal.db"; }
  fs::path run_lock() const { return state() / "run.lock"; }
  fs::path depot() const { return state() / "depot"; }
  fs::path backups() const { return state() / "backups"; }
  fs::path definitions() const { return state() / "definitions"; }  // formats of the installed release
  fs::path staging(int run) const { return state() / "staging" / std::to_string(run); }
  fs::path rescued(int run) const { return state() / "rescued" / std::to_string(run); }
  fs::path rejects(int run) const { return state() / "rejects" / std::to_string(run); }
  fs::path drill(int run) const { return state() / "drill" / std::to_string(run); }
  fs::path aborts() const { return state() / "aborts"; }      // reports for the hotline
  fs::path evidence() const { return state() / "evidence"; }  // of failures
  fs::path support() const { return state() / "support"; }    // bundles for the hotline
  /// What a done update keeps beside its originals until commit.
  fs::path kept(int run) const { return state() / "kept" / std::to_string(run); }
  /// What the product wrote after an update that was taken back.
  fs::path carry_over(int run) const { return state() / "carry-over" / std::to_string(run); }
  fs::path rehearsal(int run) const { return state() / "rehearsal" / std::to_string(run); }
  /// The product tree of an unfinished run, on the file system where it will stay.
  fs::path product_staging(int run) const { return releases() / (".staging-" + std::to_string(run)); }
  /// Shadows and originals of a data file in a run: beside the file, so that a rename swaps them.
  static fs::path shadow(const fs::path& data_file, int run);
  static fs::path original(const fs::path& data_file, int run);
  static fs::path keys(const fs::path& root) { return root / "etc/opt/dfinstall/keys"; }

 private:
  fs::path root_;
  std::string product_;
};

/// dfinstall's own directory, for root alone; anybody may enter those above it.
void make_state_directory(const Layout& layout);

/// The product a command means: `asked` (--product), else the configuration, else the only one with a state directory.
/// Nothing = none known here. Throws Error not_permitted if this user may not look.
std::optional<std::string> find_product(const fs::path& root, const std::string& asked);

}  // namespace dfi
