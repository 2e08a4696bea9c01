// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/hash.hpp"
#include "core/release.hpp"
#include "messages/ptf.hpp"
#include "ptf/engine/ptf.hpp"

namespace dfi::ptf {
namespace {

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

// One spelling for all: upper case, no ".SAVF".
std::string plain(const std::string& name) {
  auto text = upper(name);
  if (auto at = text.rfind(".SAVF"); at != std::string::npos && at + 5 == text.size()) text.resize(at);
  return text;
}

bool is_release(const fs::path& file) { return fs::is_directory(file) || upper(file.extension().string()) == ".ZIP"; }

std::vector<fs::path> newest_first(const fs::path& directory) {
  std::vector<std::pair<fs::file_time_type, fs::path>> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error))
    if (is_release(entry.path()) || upper(entry.path().extension().string()) == ".SAVF")
      files.emplace_back(entry.last_write_time(error), entry.path());
  std::sort(files.rbegin(), files.rend());
  std::vector<fs::path> paths;
  for (auto& [time, path] : files) paths.push_back(path);
  return paths;
}

}  // namespace

bool names_same(const Manifest& manifest, const std::string& save_file_name, const std::string& asked) {
  const auto wanted = plain(asked);
  if (wanted == plain(save_file_name) || wanted == plain(manifest.save_file)) return true;
  if (!manifest.ptf) return false;
  if (wanted == upper(manifest.ptf->id)) return true;
  return std::any_of(manifest.ptf->aliases.begin(), manifest.ptf->aliases.end(),
                     [&](const auto& alias) { return wanted == upper(alias); });
}

Located open_in_depot(const fs::path& file, const std::string& product, const TrustedKeys& keys) {
  if (!is_release(file)) {
    auto manifest = SaveFile::open(file, &keys).manifest();
    if (manifest.type != "ptf" || !manifest.ptf)
      throw Error(msg::not_a_ptf, {{"name", file.string()}, {"type", manifest.type}});
    check_fits_here(file.string(), product, manifest.product, manifest.min_dfinstall, manifest.platform);
    return {file, false, manifest};
  }
  auto release = Release::open(file, keys, product);
  if (!release.has(ptf_save_file)) throw Error(msg::not_a_ptf, {{"name", file.string()}, {"type", "release"}});
  release.verify(nullptr);
  auto manifest = release.save_file(ptf_save_file).manifest();
  if (!manifest.ptf) throw Error(msg::not_a_ptf, {{"name", file.string()}, {"type", manifest.type}});
  return {file, true, manifest};
}

std::optional<Located> find_in_depot(const Layout& layout, const std::string& asked, const TrustedKeys& keys) {
  std::optional<Located> by_name;
  for (const auto& file : newest_first(layout.depot())) {
    try {
      auto located = open_in_depot(file, layout.product(), keys);
      if (upper(located.manifest.ptf->id) == plain(asked)) return located;
      const auto name = located.in_release ? ptf_save_file : file.filename().string();
      if (!by_name && names_same(located.manifest, name, asked)) by_name = std::move(located);
    } catch (const Error&) {
      // A damaged or foreign file that lies in the depot is no candidate; it must not hide a good one.
    }
  }
  return by_name;
}

SaveFile open(const Located& located, const TrustedKeys& keys) {
  if (!located.in_release) return SaveFile::open(located.file, &keys);
  return Release::open(located.file, keys, "").save_file(ptf_save_file);
}

Applicable check_applicable(const Manifest& manifest, const Generation& installed) {
  require(manifest.ptf.has_value(), "a PTF's manifest has its ptf part");
  const auto& ptf = *manifest.ptf;
  for (const auto& applied : installed.ptfs)
    if (applied.id == ptf.id) return Applicable::already;
  const auto& versions = ptf.applies_to;
  if (std::find(versions.begin(), versions.end(), installed.manifest.version) == versions.end()) {
    std::string needed;
    for (const auto& version : versions) needed += (needed.empty() ? "" : ", ") + version;
    throw Error(msg::ptf_prerequisite, {{"ptf", ptf.id}, {"needed", needed}, {"installed", installed.level()}});
  }
  for (const auto& object : manifest.objects) {
    auto now = fs::exists(installed.path / object.path) ? sha256_file(installed.path / object.path) : "absent";
    const auto& accepted = object.replaces;
    if (now != object.sha256 && std::find(accepted.begin(), accepted.end(), now) == accepted.end())
      throw Error(msg::ptf_pre_image, {{"ptf", ptf.id}, {"object", object.path}, {"found", now}});
  }
  return Applicable::yes;
}

const AppliedPtf& removable(const Generation& installed, const Layout& layout, const std::string& asked) {
  for (auto ptf = installed.ptfs.rbegin(); ptf != installed.ptfs.rend(); ++ptf) {
    const auto wanted = plain(asked);
    if (wanted != upper(ptf->id) && wanted != plain(ptf->save_file) && wanted != plain(ptf->saved)) continue;
    for (auto later = installed.ptfs.rbegin(); later != ptf; ++later)
      for (const auto& object : later->objects)
        if (std::find(ptf->objects.begin(), ptf->objects.end(), object) != ptf->objects.end())
          throw Error(msg::ptf_not_removable, {{"ptf", ptf->id}, {"reason", later->id + ": " + object}});
    if (!fs::exists(layout.product_base() / ptf->saved))
      throw Error(msg::ptf_not_removable, {{"ptf", ptf->id}, {"reason", ptf->saved}});
    return *ptf;
  }
  throw Error(msg::ptf_not_applied, {{"ptf", asked}, {"installed", installed.level()}});
}

}  // namespace dfi::ptf
