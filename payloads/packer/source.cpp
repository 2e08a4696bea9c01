// SPDX-License-Identifier: Apache-2.0
#include "payloads/packer/source.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "messages/packer.hpp"

namespace dfi::packer {
namespace {

// Paths of all regular files below a directory; anything else but directories is refused.
std::vector<std::string> files_below(const fs::path& directory) {
  std::vector<std::string> paths;
  for (const auto& entry : walk(directory)) {
    if (entry.kind == EntryKind::directory) continue;
    if (entry.kind != EntryKind::file)
      throw Error(msg::pack_not_regular, {{"path", (directory / entry.path).string()}});
    paths.push_back(entry.path.generic_string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

bool fits(const std::string& glob, const std::string& path) { return ::fnmatch(glob.c_str(), path.c_str(), 0) == 0; }

std::vector<Object> read_objects(const fs::path& directory, const ProductFile& file) {
  std::vector<Object> objects;
  for (auto& path : files_below(directory)) {
    auto rule = std::find_if(file.rules.begin(), file.rules.end(), [&](const auto& r) { return fits(r.glob, path); });
    if (rule == file.rules.end())
      throw Error(msg::pack_object_without_rule, {{"path", (directory / path).string()}, {"file", file.path.string()}});
    Object object;
    object.path = std::move(path);
    object.kind = rule->kind;
    object.mode = rule->mode;
    objects.push_back(std::move(object));
  }
  return objects;
}

std::vector<Object> read_definitions(const fs::path& directory) {
  std::vector<Object> objects;
  for (auto& path : files_below(directory)) {
    Object object;
    if (fs::path(path).parent_path().filename() == "programs") {
      object.kind = "converter";
      object.mode = 0755;
    } else if (fs::path(path).extension() == ".toml") {
      object.kind = path.rfind("formats/", 0) == 0 ? "format" : "conversion";
    } else {
      throw Error(msg::pack_definition_foreign, {{"path", (directory / path).string()}});
    }
    object.path = std::move(path);
    objects.push_back(std::move(object));
  }
  return objects;
}

// A command or glob that names nothing would only be noticed on the customer's host.
void check_named_objects(const ReleaseSource& source) {
  auto require_object = [&](const std::string& glob, const std::string& what) {
    for (const auto& object : source.objects)
      if (fits(glob, object.path)) return;
    throw Error(msg::pack_object_named_missing,
                {{"path", source.file.path.string()}, {"what", what}, {"object", glob}});
  };
  constexpr std::string_view prefix = "{product}/";
  auto require_program = [&](const std::vector<std::string>& command, const std::string& what) {
    if (!command.empty() && command[0].rfind(prefix, 0) == 0) require_object(command[0].substr(prefix.size()), what);
  };
  for (const auto& service : source.file.spec.services) {
    require_program(service.command, "services." + service.name + ".command");
    for (const auto& glob : service.objects) require_object(glob, "services." + service.name + ".objects");
  }
  require_program(source.file.spec.selftest, "selftest");
}

// The level of a data file on a host is told by its format, so a release without it could not even be installed.
void check_formats(const ReleaseSource& source) {
  std::set<std::string> formats;
  for (const auto& object : source.definitions)
    if (object.kind == "format") formats.insert(read_format_name(source.definition_path(object)));
  for (const auto& file : source.file.spec.data_files)
    if (formats.count(file.name + " " + std::to_string(file.level)) == 0)
      throw Error(msg::pack_format_missing, {{"path", source.file.path.string()},
                                             {"file", file.name},
                                             {"level", std::to_string(file.level)},
                                             {"directory", (source.directory / "definitions/formats").string()}});
}

}  // namespace

Manifest ReleaseSource::manifest(std::string save_file, std::string type) const {
  Manifest manifest;
  manifest.save_file = std::move(save_file);
  manifest.type = std::move(type);
  manifest.product = file.product;
  manifest.version = file.version;
  manifest.ptf_level = file.ptf_level;
  manifest.min_dfinstall = file.min_dfinstall;
  manifest.platform = file.platform;
  return manifest;
}

ReleaseSource read_source(const fs::path& directory) {
  ReleaseSource source;
  source.directory = directory;
  source.file = read_product_file(directory / "product.toml");
  source.objects = read_objects(directory / "objects", source.file);
  source.definitions = read_definitions(directory / "definitions");
  check_named_objects(source);
  check_formats(source);
  return source;
}

}  // namespace dfi::packer
