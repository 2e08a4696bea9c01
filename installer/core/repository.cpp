// SPDX-License-Identifier: Apache-2.0
#include "core/repository.hpp"

#include "base/durable.hpp"
#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/json.hpp"
#include "core/version.hpp"
#include "messages/release.hpp"

namespace dfi {
namespace {

OfferedFile file_from(const Json& json) {
  OfferedFile file;
  file.version = json.value("version", "");
  file.id = json.value("id", "");
  file.file = json.at("file").get<std::string>();
  file.sha256 = json.at("sha256").get<std::string>();
  file.size = json.at("size").get<std::uintmax_t>();
  if (file.file.empty() || file.file[0] == '.' || file.file.find('/') != std::string::npos)
    throw Error(msg::manifest_unsafe, {{"name", "index.json"}, {"path", file.file}});
  return file;
}

// Nothing wrong: no error. The kind of difference is the operator's first hint.
void check_received(const fs::path& path, const OfferedFile& expected) {
  auto size = fs::file_size(path);
  Args args{{"name", path.string()}, {"actual", std::to_string(size)}, {"expected", std::to_string(expected.size)}};
  if (size < expected.size) throw Error(msg::release_truncated, args);
  if (size > expected.size) throw Error(msg::wrong_size, args);
  auto digest = sha256_file(path);
  if (digest != expected.sha256)
    throw Error(msg::digest_wrong, {{"name", path.string()}, {"actual", digest}, {"expected", expected.sha256}});
}

}  // namespace

DownloadOptions download_options(const HostConfig& config) {
  DownloadOptions options;
  options.proxy = config.proxy;
  options.ca_file = config.ca_file;
  return options;
}

RepositoryIndex RepositoryIndex::fetch(const std::string& url, const DownloadOptions& options,
                                       const TrustedKeys& keys) {
  RepositoryIndex index;
  index.url = url.empty() || url.back() == '/' ? url : url + "/";
  const auto address = index.url + "index.json";
  auto text = download_text(address, options);
  keys.verify(text, download_text(address + ".sig", options), address);
  auto json = parse_json(text, address);
  from_json_document(address, [&] {
    if (json.at("schema") != "dfinstall-index/1") throw_json_malformed(address, "schema");
    index.product = json.at("product").get<std::string>();
    for (const auto& file : json.at("releases")) index.releases.push_back(file_from(file));
    for (const auto& file : json.at("ptfs")) index.ptfs.push_back(file_from(file));
    return 0;
  });
  return index;
}

const OfferedFile& RepositoryIndex::release(const std::string& version) const {
  const OfferedFile* found = nullptr;
  std::string offered;
  for (const auto& file : releases) {
    offered += (offered.empty() ? "" : ", ") + file.version;
    if (!version.empty() && file.version != version) continue;
    if (!found || Version::parse(found->version) < Version::parse(file.version)) found = &file;
  }
  if (!found) throw Error(msg::version_not_offered, {{"url", url}, {"version", version}, {"offered", offered}});
  return *found;
}

const OfferedFile* RepositoryIndex::ptf(const std::string& id) const {
  for (const auto& file : ptfs)
    if (file.id == id || file.file == id || file.file == id + ".SAVF") return &file;
  return nullptr;
}

std::string RepositoryIndex::address(const OfferedFile& file) const { return url + file.file; }

fs::path fetch_to_depot(const Layout& layout, const std::string& url, const std::string& name,
                        const OfferedFile* expected, const DownloadOptions& options) {
  durable::make_directories(layout.depot(), 0750);
  const auto target = layout.depot() / name;
  const auto part = layout.depot() / (name + ".part");
  if (expected && fs::exists(target) && fs::file_size(target) == expected->size &&
      sha256_file(target) == expected->sha256)
    return target;
  if (!(expected && fs::exists(part) && fs::file_size(part) == expected->size)) download(url, part, options);
  if (expected) {
    try {
      check_received(part, *expected);
    } catch (const Error&) {
      // What arrived is not what the vendor signed: going on from it would never help.
      durable::remove(part);
      throw;
    }
  }
  durable::rename(part, target);
  return target;
}

}  // namespace dfi
