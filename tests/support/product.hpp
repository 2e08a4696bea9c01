// SPDX-License-Identifier: Apache-2.0
// A vendor's workshop and one host in a temporary directory. The product is not directfax: releases 1.00 and 1.10 of a
// small product with two services, five data files and three conversions, so that nothing can be true for directfax
// only.
#pragma once
#include <memory>

#include "payloads/packer/ptf.hpp"
#include "payloads/packer/release.hpp"
#include "tests/support/program.hpp"
#include "tests/support/tree.hpp"

namespace dfi::test {

void write(const fs::path& path, std::string_view text);
void replace_in(const fs::path& path, const std::string& from, const std::string& to);
/// A directory that goes with the object. Below /dev/shm if `fast` and possible.
class TemporaryDirectory {
 public:
  explicit TemporaryDirectory(bool fast = false);
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// The source directory of a release, 1.00 or 1.10; the caller may change it before packing.
void make_source(const fs::path& directory, const std::string& product, const std::string& version);

class Host {
 public:
  explicit Host(const std::string& product = "demoprod", bool fast = false);
  /// Ends every process of this host's product.
  ~Host();

  const std::string& product() const { return product_; }
  const fs::path& directory() const { return place_.path(); }
  fs::path root() const { return directory() / "root"; }
  fs::path key() const { return directory() / "vendor/vendor.key"; }
  fs::path trusted() const { return root() / "etc/opt/dfinstall/keys"; }
  fs::path current() const { return root() / "opt" / product_ / "current"; }
  fs::path saved(const std::string& name) const { return root() / "opt" / product_ / name; }
  fs::path data(const std::string& name = "") const { return root() / "var/opt" / product_ / name; }
  fs::path config(const std::string& name) const { return root() / "etc/opt" / product_ / name; }
  fs::path state(const std::string& name) const { return root() / "var/opt/dfinstall" / product_ / name; }
  fs::path shadow(int run, const std::string& name) const { return data(".dfinstall") / std::to_string(run) / name; }

  /// The source directory of this version, made on first use.
  fs::path source(const std::string& version);
  /// The release as it is in the source directory now; `ptf`: TMSHOTPTF.SAVF put in.
  fs::path release(const std::string& version, const fs::path& ptf = {}, const fs::path& key = {});
  /// A PTF for 1.10: `id`, and the text that its share/limits.txt (or another object) gets.
  fs::path ptf(const std::string& id, const std::string& object = "share/limits.txt",
               const std::string& text = "limit 20\n");
  /// release.json, its signature and the save files of a release as single files in a directory.
  fs::path loose(const fs::path& release, bool with_document = false);

  /// dfinstall with --root and --json.
  Words words(Words arguments, const fs::path& program = DFI_PROGRAM) const;
  Finished dfinstall(Words arguments) const;
  /// As an operator reads it: no --json.
  Finished text(Words arguments) const;
  Json status() const { return dfinstall({"status"}).json(); }
  /// Exit code of a tool of the product.
  Finished tool(Words arguments) const;
  /// 1.00 installed, with rows in every data file; its services run.
  void install_100();
  /// 1.00, then 1.10.
  void install_110();
  /// Gives every data file an owner (as root) and an extended attribute that no program of ours would give: whoever
  /// makes a data file anew takes them along.
  void mark_data_files() const;
  void execute(const std::string& data_file, const std::string& sql) const;
  std::string query(const std::string& data_file, const std::string& sql) const;
  /// 0: the service does not run.
  int service_pid(const std::string& service) const;
  void end_processes() const;
  Tree state_now() const { return product_state(root(), product_); }
  /// Names of the messages in the job log of a run.
  std::string log_names(const std::string& run = "") const;

 private:
  std::string product_;
  TemporaryDirectory place_;
};

}  // namespace dfi::test
