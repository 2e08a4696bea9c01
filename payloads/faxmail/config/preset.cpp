// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/config/preset.hpp"

#include "base/toml.hpp"
#include "messages/mail.hpp"

namespace faxmail {
namespace {

std::string text_of(const toml::node& node, const fs::path& path) {
  if (node.is_string()) return node.value_or(std::string{});
  if (node.is_integer()) return std::to_string(node.value_or(std::int64_t{0}));
  throw dfi::toml_error(path, node.source(), "neither text nor integer");
}

std::string require_text(const toml::table& table, const char* key, const fs::path& path) {
  const auto text = table[key].value<std::string>();
  if (!text || text->empty()) throw dfi::toml_error(path, table.source(), std::string(key) + "?");
  return *text;
}

const toml::table& require_table(const toml::table& table, const char* key, const fs::path& path) {
  const auto* inner = table[key].as_table();
  if (!inner) throw dfi::toml_error(path, table.source(), std::string("[") + key + "]?");
  return *inner;
}

}  // namespace

Preset Preset::read(const Layout& layout, const Capability& capability, const std::string& name,
                    dfi::Language language) {
  if (!contains(capability.presets, name))
    throw dfi::Error(dfi::msg::mail_preset_unknown,
                     {{"preset", name},
                      {"version", capability.name()},
                      {"known", capability.presets.empty() ? "-" : joined(capability.presets)}});
  const auto path = layout.product_object("share/presets/" + name + ".toml");
  const auto content = dfi::read_file_if_exists(path);
  if (!content) throw dfi::Error(dfi::msg::mail_preset_missing, {{"preset", name}, {"path", path.string()}});
  const auto document = dfi::parse_toml(*content, path);
  const auto& notes = require_table(document, "notes", path);
  Preset preset{name,
                require_text(document, "as_of", path),
                require_text(notes, language == dfi::Language::german ? "de" : "en", path),
                {}};
  for (const auto& [key, node] : require_table(document, "keys", path))
    preset.keys.emplace_back(std::string(key.str()), text_of(node, path));
  return preset;
}

}  // namespace faxmail
