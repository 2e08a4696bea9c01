// SPDX-License-Identifier: Apache-2.0
// Generations: immutable product trees releases/5.92.g2, one of them active by the symlink `current`. What is installed
// is said by the active generation itself, in its .generation.json: the manifest as it is now, and the stack of PTFs.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/layout.hpp"
#include "core/manifest.hpp"

namespace dfi {

struct AppliedPtf {
  std::string id, title_en, title_de;
  std::string save_file;  // "TMSHOTPTF.SAVF": what it came in
  std::string saved;      // "PTF201123.SAVF": the objects it replaced
  std::string applied;    // UTC
  std::vector<std::string> objects;
};

struct Generation {
  std::string name;  // "5.92.g2"
  fs::path path;
  Manifest manifest;             // type product; objects as they are in this generation
  std::vector<AppliedPtf> ptfs;  // oldest first

  static Generation load(const fs::path& path);
  /// The active one, if any.
  static std::optional<Generation> current(const Layout& layout);
  /// Nothing also if it is damaged: for what must work then, too.
  static std::optional<Generation> usable(const Layout& layout);

  /// "5.92" or "5.92+HOTPTF20200811"
  std::string level() const;
  const ProductSpec& spec() const;
  /// Services with {product} and {root} put in.
  std::vector<Service> services(const Layout& layout) const;
  /// Writes .generation.json into `directory`.
  void write_to(const fs::path& directory) const;
};

constexpr auto generation_file = ".generation.json";

/// A name no generation on disk has: "5.92.g3".
std::string next_generation_name(const Layout& layout, const std::string& version);
/// Puts the paths of a product into a command of its manifest.
std::vector<std::string> fill_command(const std::vector<std::string>& command, const Layout& layout);
/// The product's own word on its health; status 0 also if it has no self-test. `layout`: where it lies.
ProgramResult self_test(const Generation& generation, const Layout& layout);
std::vector<Service> fill_services(const ProductSpec& spec, const Layout& layout);
/// Who may hold the product: its tree, its data files, its jobs by name.
HolderQuery holder_query(const Layout& layout, const ProductSpec& spec);
/// Where a data file lies: its absolute path, or, if that is a link to a file elsewhere, the path of that file. All work
/// is done there, and the link stays.
fs::path data_path(const Layout& layout, const DataFileSpec& file);

}  // namespace dfi
