// SPDX-License-Identifier: Apache-2.0
// product.toml and ptf.toml.
#include <charconv>
#include <regex>
#include <set>

#include "base/toml.hpp"
#include "messages/packer.hpp"
#include "payloads/packer/source.hpp"

namespace dfi::packer {
namespace {

// A table whose keys are all asked for: what nobody asked for is unknown.
class StrictTable {
 public:
  StrictTable(const toml::table& table, const fs::path& path, std::string prefix = {})
      : table_(table), path_(path), prefix_(std::move(prefix)) {}

  std::string text(const char* key, const char* example) {
    auto value = need(key, example).value_exact<std::string>();
    if (!value || value->empty()) throw wrong(key, example);
    return *value;
  }
  std::string choice(const char* key, const char* example, const std::set<std::string>& allowed) {
    auto value = text(key, example);
    if (allowed.count(value) == 0) throw wrong(key, example);
    return value;
  }
  int number(const char* key, const char* example) {
    auto value = need(key, example).value_exact<std::int64_t>();
    if (!value || *value < 0 || *value > 1'000'000) throw wrong(key, example);
    return static_cast<int>(*value);
  }
  int number(const char* key, const char* example, int standard) { return has(key) ? number(key, example) : standard; }
  bool flag(const char* key, bool standard) {
    if (!has(key)) return standard;
    auto value = table_.get(key)->value_exact<bool>();
    if (!value) throw wrong(key, "true");
    return *value;
  }
  std::vector<std::string> texts(const char* key, const char* example) {
    const auto* list = need(key, example).as_array();
    std::vector<std::string> result;
    if (!list) throw wrong(key, example);
    for (const auto& item : *list) {
      auto value = item.value_exact<std::string>();
      if (!value || value->empty()) throw wrong(key, example);
      result.push_back(*value);
    }
    return result;
  }
  std::vector<std::string> texts_if_any(const char* key, const char* example) {
    return has(key) ? texts(key, example) : std::vector<std::string>();
  }
  // The tables [[key]]; each is handed to `read`.
  template <class Read>
  void tables(const char* key, Read read) {
    if (!has(key)) return;
    const auto* list = table_.get(key)->as_array();
    if (!list || !list->is_array_of_tables()) throw wrong(key, "[[…]]");
    for (const auto& item : *list) {
      StrictTable table(*item.as_table(), path_, std::string(key) + ".");
      read(table);
      table.finish();
    }
  }
  StrictTable table(const char* key, const char* example) {
    const auto* inner = need(key, example).as_table();
    if (!inner) throw wrong(key, example);
    return {*inner, path_, std::string(key) + "."};
  }
  void finish() const {
    for (const auto& [key, node] : table_)
      if (seen_.count(std::string(key.str())) == 0)
        throw Error(msg::pack_key_unknown,
                    {{"path", path_.string()}, {"line", line(node)}, {"key", prefix_ + std::string(key.str())}});
  }
  Error wrong(const char* key, const char* example) const {
    return Error(
        msg::pack_value_wrong,
        {{"path", path_.string()}, {"line", line(*table_.get(key))}, {"key", prefix_ + key}, {"example", example}});
  }

  bool has(const char* key) {
    seen_.insert(key);
    return table_.contains(key);
  }

 private:
  static std::string line(const toml::node& node) {
    return std::to_string(std::max<toml::source_index>(1, node.source().begin.line));
  }
  const toml::node& need(const char* key, const char* example) {
    if (!has(key))
      throw Error(msg::pack_key_missing,
                  {{"path", path_.string()}, {"line", line(table_)}, {"key", prefix_ + key}, {"example", example}});
    return *table_.get(key);
  }

  const toml::table& table_;
  const fs::path& path_;
  std::string prefix_;
  std::set<std::string> seen_;
};

void check_version(StrictTable& table, const std::string& version) {
  try {
    Version::parse(version);
  } catch (const Error&) {
    throw table.wrong("version", "\"5.92\"");
  }
}

DataFileSpec read_data_file(StrictTable& table) {
  DataFileSpec file;
  file.name = table.text("name", "\"FAXSTAT\"");
  file.kind =
      table.choice("kind", "\"sqlite\" | \"config\" | \"area\" | \"records\"", {"sqlite", "config", "area", "records"});
  file.path = table.text("path", "\"var/opt/PRODUCT/FAXSTAT\"");
  file.level = table.number("level", "4");
  file.gates = table.flag("gates", true);
  return file;
}

Service read_service(StrictTable& table) {
  Service service;
  service.name = table.text("name", "\"faxmaild\"");
  service.unit = table.text("unit", "\"PRODUCT-faxmaild.service\"");
  service.command = table.texts("command", "[\"{product}/bin/faxmaild\", \"--root\", \"{root}\"]");
  if (service.command.empty()) throw table.wrong("command", "[\"{product}/bin/faxmaild\"]");
  service.stop_seconds = static_cast<unsigned>(table.number("stop_seconds", "60", 60));
  service.objects = table.texts_if_any("objects", "[\"bin/faxmaild\"]");
  return service;
}

ObjectRule read_rule(StrictTable& table) {
  ObjectRule rule;
  rule.glob = table.text("path", "\"bin/*\"");
  rule.kind =
      table.choice("kind", "\"program\" | \"message-file\" | \"graphic\" | \"unit\" | \"capability\" | \"text\"",
                   {"program", "message-file", "graphic", "unit", "capability", "text"});
  auto mode = table.text("mode", "\"0644\"");
  const char* end = mode.data() + mode.size();
  auto [rest, error] = std::from_chars(mode.data(), end, rule.mode, 8);
  if (error != std::errc() || rest != end || rule.mode > 0777) throw table.wrong("mode", "\"0644\"");
  return rule;
}

std::vector<std::string> read_job_patterns(StrictTable& table) {
  auto patterns = table.texts_if_any("job_patterns", "[\"DFAX[0-9]{4}\"]");
  try {
    for (const auto& pattern : patterns) std::regex{pattern};
  } catch (const std::regex_error&) {
    throw table.wrong("job_patterns", "[\"DFAX[0-9]{4}\"]");
  }
  return patterns;
}

}  // namespace

ProductFile read_product_file(const fs::path& path) {
  auto document = read_toml(path);
  StrictTable table(document, path);
  ProductFile file;
  file.path = path;
  file.product = table.text("product", "\"directfax\"");
  file.spec.title = table.text("title", "\"directfax\"");
  file.version = table.text("version", "\"5.92\"");
  check_version(table, file.version);
  file.ptf_level = table.number("ptf_level", "0", 0);
  file.released = table.text("released", "\"2020-06-30\"");
  if (!std::regex_match(file.released, std::regex("[0-9]{4}-[0-9]{2}-[0-9]{2}")))
    throw table.wrong("released", "\"2020-06-30\"");
  file.min_dfinstall = table.text("min_dfinstall", "\"1.0.0\"");
  file.platform = table.text("platform", "\"linux-x86_64\" | \"any\"");
  file.spec.job_patterns = read_job_patterns(table);
  file.spec.selftest = table.texts_if_any("selftest", "[\"{product}/bin/faxmail\", \"selftest\"]");
  file.spec.directories = table.texts_if_any("directories", "[\"srv/toolmaker\"]");
  if (table.has("user")) file.spec.user = table.text("user", "\"directfax\"");
  if (table.has("save_product")) file.spec.save_product = table.text("save_product", "\"SAVDIRFAX\"");
  if (table.has("save_data")) file.spec.save_data = table.text("save_data", "\"SAVDIRFAXF\"");
  table.tables("data_files", [&](StrictTable& inner) { file.spec.data_files.push_back(read_data_file(inner)); });
  table.tables("services", [&](StrictTable& inner) { file.spec.services.push_back(read_service(inner)); });
  table.tables("objects", [&](StrictTable& inner) { file.rules.push_back(read_rule(inner)); });
  table.finish();
  return file;
}

PtfSpec read_ptf_file(const fs::path& path) {
  auto document = read_toml(path);
  StrictTable table(document, path);
  PtfSpec ptf;
  ptf.id = table.text("id", "\"HOTPTF20200811\"");
  ptf.aliases = table.texts_if_any("aliases", "[\"HOTFIX20200811\"]");
  ptf.applies_to = table.texts("applies_to", "[\"5.92\"]");
  auto title = table.table("title", "{ en = \"…\", de = \"…\" }");
  ptf.title_en = title.text("en", "\"…\"");
  ptf.title_de = title.text("de", "\"…\"");
  title.finish();
  table.finish();
  return ptf;
}

std::string read_format_name(const fs::path& path) {
  auto document = read_toml(path);
  StrictTable table(document, path);
  auto file = table.text("file", "\"FAXSTAT\"");
  return file + " " + std::to_string(table.number("level", "4"));
}

}  // namespace dfi::packer
