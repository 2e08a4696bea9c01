// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/config/config_writer.hpp"

#include <sys/stat.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "base/durable.hpp"
#include "base/error.hpp"
#include "messages/mail.hpp"

namespace faxmail {
namespace {

using Values = std::map<std::string, std::string>;

std::string toml_value(const ConfigKey& key, const std::string& value) {
  if (key.kind != KeyKind::text) return value;
  std::ostringstream out;
  out << toml::toml_formatter(toml::value<std::string>(value), toml::format_flags::none);
  return out.str();
}

/// "# " before each line of a comment.
std::string commented(const std::string& text) {
  std::string result = "# ";
  for (const char c : text) {
    result += c;
    if (c == '\n') result += "# ";
  }
  return result + "\n";
}

std::string render(int level, const Values& values, const Capability& capability, const Texts& texts) {
  std::string text = commented(texts("config.head"));
  text += "\n" + commented(texts("config.format_level")) + "format_level = " + std::to_string(level) + "\n";
  for (const auto& key : config_keys(level)) {
    const std::string name = key.name;
    text += "\n" + commented(texts("config." + name, {{"ssl", joined(capability.ssl)},
                                                      {"auth", joined(capability.auth)},
                                                      {"tls_min", capability.tls_min}}));
    text += name + " = " + toml_value(key, values.at(name)) + "\n";
  }
  return text;
}

Values values_of(const Config& config) {
  Values values;
  for (const auto& key : config_keys(config.level())) values[key.name] = config.get(key.name);
  return values;
}

void apply_preset(Values& values, const std::string& name, const Capability& capability) {
  if (name != "m365" || !contains(capability.presets, name))
    throw dfi::Error(dfi::msg::mail_preset_unknown,
                     {{"preset", name},
                      {"version", capability.name()},
                      {"known", capability.presets.empty() ? "-" : joined(capability.presets)}});
  values["server"] = "smtp.office365.com";
  values["port"] = "*SUBMISSION";
  values["ssl"] = "*YES";
  values["auth"] = "*AUTO";
  values["tls_ca_file"] = "";
}

void apply(Values& values, const std::string& assignment, const Capability& capability) {
  const auto equals = assignment.find('=');
  if (equals == std::string::npos) throw dfi::Error(dfi::msg::mail_usage, {{"what", "KEY=VALUE: " + assignment}});
  const auto key = assignment.substr(0, equals);
  const auto value = assignment.substr(equals + 1);
  if (key == "preset") return apply_preset(values, value, capability);
  const auto found = values.find(key);
  if (found == values.end()) {
    std::vector<std::string> known;
    for (const auto& entry : values) known.push_back(entry.first);
    throw dfi::Error(dfi::msg::mail_config_set_unknown, {{"key", key}, {"known", joined(known)}});
  }
  found->second = value;
}

void require_kinds(const Values& values, int level) {
  for (const auto& key : config_keys(level)) {
    const auto& value = values.at(key.name);
    const bool digits = !value.empty() && value.find_first_not_of("0123456789") == std::string::npos;
    const bool right = key.kind == KeyKind::text || (key.kind == KeyKind::integer && digits) ||
                       (key.kind == KeyKind::boolean && (value == "true" || value == "false"));
    if (!right) throw dfi::Error(dfi::msg::mail_usage, {{"what", std::string(key.name) + "=" + value}});
  }
}

}  // namespace

std::string render_config(const Config& config, const Capability& capability, const Texts& texts) {
  return render(config.level(), values_of(config), capability, texts);
}

Config set_config(const Layout& layout, const Capability& capability, const Texts& texts,
                  const std::vector<std::string>& assignments) {
  const auto old = Config::read(layout, capability);
  auto values = values_of(old);
  for (const auto& assignment : assignments) apply(values, assignment, capability);
  require_kinds(values, old.level());
  const auto text = render(old.level(), values, capability, texts);
  auto config = Config::parse(text, layout, capability);
  const fs::path path = layout.config_file();
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw dfi::os_error("stat", path);
  dfi::durable::write_file(path, text, status.st_mode & 07777);
  if (::geteuid() == 0) dfi::durable::set_owner(path, {status.st_uid, status.st_gid});
  return config;
}

}  // namespace faxmail
