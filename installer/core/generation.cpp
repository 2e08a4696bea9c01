// SPDX-License-Identifier: Apache-2.0
#include "core/generation.hpp"

#include <charconv>

#include "base/durable.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

namespace dfi {
namespace {

constexpr auto schema = "dfinstall-generation/1";

Json ptf_to_json(const AppliedPtf& ptf) {
  return {{"id", ptf.id},
          {"title", {{"en", ptf.title_en}, {"de", ptf.title_de}}},
          {"save_file", ptf.save_file},
          {"saved", ptf.saved},
          {"applied", ptf.applied},
          {"objects", ptf.objects}};
}

AppliedPtf ptf_from_json(const Json& json) {
  return {json.at("id").get<std::string>(),
          json.at("title").value("en", ""),
          json.at("title").value("de", ""),
          json.value("save_file", ""),
          json.at("saved").get<std::string>(),
          json.at("applied").get<std::string>(),
          json.at("objects").get<std::vector<std::string>>()};
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

}  // namespace

Generation Generation::load(const fs::path& path) {
  const auto file = path / generation_file;
  auto json = parse_json(read_file(file), file);
  Generation generation;
  generation.name = path.filename().string();
  generation.path = path;
  from_json_document(file, [&] {
    if (json.at("schema") != schema) throw_json_malformed(file, "schema");
    generation.manifest = Manifest::from_text(json.at("manifest").dump(), file.string());
    for (const auto& ptf : json.at("ptfs")) generation.ptfs.push_back(ptf_from_json(ptf));
    return 0;
  });
  if (!generation.manifest.spec) throw_json_malformed(file, "product_spec is missing");
  return generation;
}

std::optional<Generation> Generation::current(const Layout& layout) {
  std::error_code error;
  auto target = fs::read_symlink(layout.current(), error);
  if (error) return std::nullopt;
  return load(layout.product_base() / target);
}

std::optional<Generation> Generation::usable(const Layout& layout) {
  try {
    return current(layout);
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::string Generation::level() const {
  auto text = manifest.version;
  for (const auto& ptf : ptfs) text += "+" + ptf.id;
  return text;
}

const ProductSpec& Generation::spec() const {
  require(manifest.spec.has_value(), "a generation has a product_spec");
  return *manifest.spec;
}

std::vector<Service> Generation::services(const Layout& layout) const { return fill_services(spec(), layout); }

void Generation::write_to(const fs::path& directory) const {
  Json list = Json::array();
  for (const auto& ptf : ptfs) list.push_back(ptf_to_json(ptf));
  Json json{{"schema", schema}, {"ptfs", list}, {"manifest", manifest.to_json()}};
  durable::write_file(directory / generation_file, json.dump(1) + "\n");
}

std::string next_generation_name(const Layout& layout, const std::string& version) {
  int highest = 0;
  std::error_code error;
  const auto prefix = version + ".g";
  for (const auto& entry : fs::directory_iterator(layout.releases(), error)) {
    auto name = entry.path().filename().string();
    int number = 0;
    if (name.rfind(prefix, 0) != 0) continue;
    std::from_chars(name.data() + prefix.size(), name.data() + name.size(), number);
    highest = std::max(highest, number);
  }
  return prefix + std::to_string(highest + 1);
}

std::vector<std::string> fill_command(const std::vector<std::string>& command, const Layout& layout) {
  auto result = command;
  for (auto& word : result) {
    replace_all(word, "{product}", layout.current().string());
    replace_all(word, "{root}", layout.root().string());
  }
  return result;
}

ProgramResult self_test(const Generation& generation, const Layout& layout) {
  const auto& command = generation.spec().selftest;
  if (command.empty()) return {0, ""};
  return run_program(fill_command(command, layout), {}, std::chrono::seconds(120));
}

std::vector<Service> fill_services(const ProductSpec& spec, const Layout& layout) {
  auto services = spec.services;
  for (auto& service : services) service.command = fill_command(service.command, layout);
  return services;
}

fs::path data_path(const Layout& layout, const DataFileSpec& file) { return behind_link(layout.root() / file.path); }

HolderQuery holder_query(const Layout& layout, const ProductSpec& spec) {
  HolderQuery query{layout.product_base(), {}, spec.job_patterns};
  for (const auto& file : spec.data_files) query.data_files.push_back(data_path(layout, file));
  return query;
}

}  // namespace dfi
