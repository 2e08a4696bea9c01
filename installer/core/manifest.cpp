// SPDX-License-Identifier: Apache-2.0
#include "core/manifest.hpp"

#include <fmt/core.h>
#include <sys/utsname.h>

#include <charconv>
#include <set>

#include "base/error.hpp"
#include "messages/release.hpp"

namespace dfi {
namespace {

constexpr auto manifest_schema = "dfinstall-savefile/1";
constexpr auto release_schema = "dfinstall-release/1";

std::string octal(mode_t mode) { return fmt::format("{:04o}", mode); }

mode_t from_octal(const std::string& text) {
  unsigned value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, 8);
  return value & 0777;  // set-id bits are never delivered
}

bool safe_path(const std::string& path) {
  if (path.empty() || path.size() > 1000 || path.front() == '/' || path.back() == '/') return false;
  for (std::size_t begin = 0; begin <= path.size();) {
    auto end = std::min(path.find('/', begin), path.size());
    auto part = path.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") return false;
    begin = end + 1;
  }
  for (char c : path)
    if (static_cast<unsigned char>(c) < 32 || c == '\\' || c == 127) return false;
  return true;
}

void expect_schema(const Json& json, const std::string& origin, const char* schema) {
  auto found = json.value("schema", std::string());
  if (found != schema)
    throw_json_malformed(origin, fmt::format("schema is '{}', expected '{}'", found, schema).c_str());
}

template <class T>
Json list_to_json(const std::vector<T>& items) {
  Json list = Json::array();
  for (const auto& item : items) list.push_back(item.to_json());
  return list;
}

template <class T>
std::vector<T> list_from_json(const Json& json) {
  std::vector<T> items;
  for (const auto& item : json) items.push_back(T::from_json(item));
  return items;
}

Json service_to_json(const Service& s) {
  return {{"name", s.name},
          {"unit", s.unit},
          {"command", s.command},
          {"stop_seconds", s.stop_seconds},
          {"objects", s.objects}};
}

Service service_from_json(const Json& json) {
  return {json.at("name").get<std::string>(), json.at("unit").get<std::string>(),
          json.at("command").get<std::vector<std::string>>(), json.value("stop_seconds", 60u),
          json.value("objects", std::vector<std::string>())};
}

}  // namespace

Json Object::to_json() const {
  Json json{{"path", path}, {"kind", kind}, {"mode", octal(mode)}, {"size", size}, {"sha256", sha256}};
  if (!replaces.empty()) json["replaces"] = replaces;
  return json;
}

Object Object::from_json(const Json& json) {
  return {json.at("path").get<std::string>(),
          json.at("kind").get<std::string>(),
          from_octal(json.at("mode").get<std::string>()),
          json.at("size").get<std::uintmax_t>(),
          json.at("sha256").get<std::string>(),
          json.value("replaces", std::vector<std::string>())};
}

Json DataFileSpec::to_json() const {
  return {{"name", name}, {"kind", kind}, {"path", path}, {"level", level}, {"gates", gates}};
}

DataFileSpec DataFileSpec::from_json(const Json& json) {
  return {json.at("name").get<std::string>(), json.at("kind").get<std::string>(), json.at("path").get<std::string>(),
          json.at("level").get<int>(), json.value("gates", true)};
}

Json ProductSpec::to_json() const {
  Json list = Json::array();
  for (const auto& s : services) list.push_back(service_to_json(s));
  return {{"title", title},        {"data_files", list_to_json(data_files)},
          {"services", list},      {"job_patterns", job_patterns},
          {"selftest", selftest},  {"directories", directories},
          {"user", user},          {"save_product", save_product},
          {"save_data", save_data}};
}

ProductSpec ProductSpec::from_json(const Json& json) {
  ProductSpec spec;
  spec.title = json.at("title").get<std::string>();
  spec.data_files = list_from_json<DataFileSpec>(json.at("data_files"));
  for (const auto& s : json.at("services")) spec.services.push_back(service_from_json(s));
  spec.job_patterns = json.value("job_patterns", std::vector<std::string>());
  spec.selftest = json.value("selftest", std::vector<std::string>());
  spec.directories = json.value("directories", std::vector<std::string>());
  spec.user = json.value("user", "");
  spec.save_product = json.value("save_product", spec.save_product);
  spec.save_data = json.value("save_data", spec.save_data);
  return spec;
}

Json PtfSpec::to_json() const {
  return {
      {"id", id}, {"aliases", aliases}, {"applies_to", applies_to}, {"title", {{"en", title_en}, {"de", title_de}}}};
}

PtfSpec PtfSpec::from_json(const Json& json) {
  PtfSpec ptf;
  ptf.id = json.at("id").get<std::string>();
  ptf.aliases = json.value("aliases", std::vector<std::string>());
  ptf.applies_to = json.at("applies_to").get<std::vector<std::string>>();
  ptf.title_en = json.at("title").value("en", "");
  ptf.title_de = json.at("title").value("de", "");
  return ptf;
}

Json Manifest::to_json() const {
  Json json{{"schema", manifest_schema},
            {"save_file", save_file},
            {"type", type},
            {"product", product},
            {"version", version},
            {"ptf_level", ptf_level},
            {"min_dfinstall", min_dfinstall},
            {"platform", platform}};
  if (spec) json["product_spec"] = spec->to_json();
  if (ptf) json["ptf"] = ptf->to_json();
  if (!absent.empty()) json["absent"] = absent;
  json["objects"] = list_to_json(objects);
  return json;
}

Manifest Manifest::from_text(std::string_view text, const std::string& origin) {
  auto json = parse_json(text, origin);
  expect_schema(json, origin, manifest_schema);
  auto manifest = from_json_document(origin, [&] {
    Manifest m;
    m.save_file = json.at("save_file").get<std::string>();
    m.type = json.at("type").get<std::string>();
    m.product = json.at("product").get<std::string>();
    m.version = json.at("version").get<std::string>();
    m.ptf_level = json.value("ptf_level", 0);
    m.min_dfinstall = json.at("min_dfinstall").get<std::string>();
    m.platform = json.at("platform").get<std::string>();
    m.objects = list_from_json<Object>(json.at("objects"));
    m.absent = json.value("absent", std::vector<std::string>());
    if (json.contains("product_spec")) m.spec = ProductSpec::from_json(json.at("product_spec"));
    if (json.contains("ptf")) m.ptf = PtfSpec::from_json(json.at("ptf"));
    return m;
  });
  std::set<std::string> seen;
  for (const auto& object : manifest.objects)
    if (!safe_path(object.path) || !seen.insert(object.path).second)
      throw Error(msg::manifest_unsafe, {{"name", origin}, {"path", object.path}});
  for (const auto& path : manifest.absent)
    if (!safe_path(path) || !seen.insert(path).second)
      throw Error(msg::manifest_unsafe, {{"name", origin}, {"path", path}});
  if (manifest.spec)
    for (const auto& file : manifest.spec->data_files)
      if (!safe_path(file.path)) throw Error(msg::manifest_unsafe, {{"name", origin}, {"path", file.path}});
  if (manifest.spec) {
    auto names = manifest.spec->directories;
    names.push_back(manifest.spec->save_product);
    names.push_back(manifest.spec->save_data);
    for (const auto& service : manifest.spec->services) names.push_back(service.name);
    for (const auto& name : names)
      if (!safe_path(name)) throw Error(msg::manifest_unsafe, {{"name", origin}, {"path", name}});
  }
  return manifest;
}

Json ReleaseDocument::to_json() const {
  Json list = Json::array();
  for (const auto& s : save_files) list.push_back({{"name", s.name}, {"size", s.size}, {"sha256", s.sha256}});
  return {{"schema", release_schema}, {"product", product},   {"version", version},
          {"ptf_level", ptf_level},   {"released", released}, {"min_dfinstall", min_dfinstall},
          {"platform", platform},     {"save_files", list}};
}

ReleaseDocument ReleaseDocument::from_text(std::string_view text, const std::string& origin) {
  auto json = parse_json(text, origin);
  expect_schema(json, origin, release_schema);
  return from_json_document(origin, [&] {
    ReleaseDocument r;
    r.product = json.at("product").get<std::string>();
    r.version = json.at("version").get<std::string>();
    r.ptf_level = json.value("ptf_level", 0);
    r.released = json.value("released", "");
    r.min_dfinstall = json.at("min_dfinstall").get<std::string>();
    r.platform = json.at("platform").get<std::string>();
    for (const auto& s : json.at("save_files"))
      r.save_files.push_back(
          {s.at("name").get<std::string>(), s.at("sha256").get<std::string>(), s.at("size").get<std::uintmax_t>()});
    return r;
  });
}

void check_fits_here(const std::string& name, const std::string& product, const std::string& their_product,
                     const std::string& min_dfinstall, const std::string& platform) {
  if (!product.empty() && their_product != product)
    throw Error(msg::wrong_product, {{"name", name}, {"product", their_product}, {"installed", product}});
  if (dotted_less(DFI_VERSION, min_dfinstall))
    throw Error(msg::dfinstall_too_old, {{"name", name}, {"needed", min_dfinstall}, {"version", DFI_VERSION}});
  utsname host{};
  ::uname(&host);
  auto here = std::string("linux-") + host.machine;
  if (platform != here && platform != "any")
    throw Error(msg::platform_wrong, {{"name", name}, {"platform", platform}, {"here", here}});
}

}  // namespace dfi
