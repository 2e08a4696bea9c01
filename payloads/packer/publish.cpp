// SPDX-License-Identifier: Apache-2.0
#include "payloads/packer/publish.hpp"

#include <algorithm>
#include <map>

#include "base/durable.hpp"
#include "base/error.hpp"
#include "base/hash.hpp"
#include "messages/packer.hpp"
#include "payloads/packer/release.hpp"
#include "payloads/packer/scratch.hpp"

namespace dfi::packer {
namespace {

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

// What the index says, and what must be there only once.
class Index {
 public:
  explicit Index(const fs::path& key) : keys_(TrustedKeys::of_private_key(key)) {}

  void add_release(const fs::path& path) {
    auto release = open_release(path, keys_);
    check_save_files(release);
    const auto& document = release.document;
    set_product(path, document.product);
    auto name = document.version + " PTF " + std::to_string(document.ptf_level);
    once(document.product + " " + name, path);
    Json row{{"version", document.version}, {"ptf_level", document.ptf_level}};
    add_file(row, path);
    row["released"] = document.released;
    releases_[Version::parse(document.version, document.ptf_level)] = std::move(row);
  }

  void add_save_file(const fs::path& path) {
    auto save_file = SaveFile::open(path, &keys_);
    const auto& manifest = save_file.manifest();
    if (manifest.type != "ptf" || !manifest.ptf) return;
    save_file.unpack(Scratch(path).path());  // no signed digest of the whole file exists yet, so each object is checked
    set_product(path, manifest.product);
    once("PTF " + manifest.ptf->id, path);
    Json row{{"id", manifest.ptf->id}, {"applies_to", manifest.ptf->applies_to}};
    add_file(row, path);
    ptfs_[manifest.ptf->id] = std::move(row);
  }

  bool empty() const { return releases_.empty() && ptfs_.empty(); }

  Json to_json() const {
    Json index{
        {"schema", "dfinstall-index/1"}, {"product", product_}, {"releases", Json::array()}, {"ptfs", Json::array()}};
    for (const auto& [version, row] : releases_) index["releases"].push_back(row);
    for (const auto& [id, row] : ptfs_) index["ptfs"].push_back(row);
    return index;
  }

 private:
  static void add_file(Json& row, const fs::path& path) {
    row["file"] = path.filename().string();
    row["size"] = fs::file_size(path);
    row["sha256"] = sha256_file(path);
  }
  void set_product(const fs::path& path, const std::string& product) {
    check_fits_here(path.string(), product_, product, "0", "any");
    product_ = product;
  }
  void once(const std::string& what, const fs::path& path) {
    auto [found, added] = names_.emplace(what, path.filename().string());
    if (!added)
      throw Error(msg::pack_published_twice,
                  {{"first", found->second}, {"second", path.filename().string()}, {"what", what}});
  }

  TrustedKeys keys_;
  std::string product_;
  std::map<std::string, std::string> names_;
  std::map<Version, Json> releases_;
  std::map<std::string, Json> ptfs_;
};

}  // namespace

Json publish(const fs::path& directory, const fs::path& key) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error))
    if (entry.is_regular_file() && entry.path().filename().string().front() != '.') files.push_back(entry.path());
  if (error) throw os_error("read directory", directory, error.value());
  std::sort(files.begin(), files.end());

  Index index(key);
  for (const auto& file : files) {
    auto extension = lower_case(file.extension().string());
    if (extension == ".zip") index.add_release(file);
    if (extension == ".savf") index.add_save_file(file);
  }
  if (index.empty()) throw Error(msg::pack_nothing_to_publish, {{"directory", directory.string()}});
  auto json = index.to_json();
  auto text = json.dump(1) + "\n";
  // Signature first: a reader between the two writes sees an old index with a signature that does not fit and tries
  // again, never a new index without one.
  durable::write_file(directory / "index.json.sig", sign(text, key));
  durable::write_file(directory / "index.json", text);
  return json;
}

}  // namespace dfi::packer
