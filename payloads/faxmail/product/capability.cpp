// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/product/capability.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "messages/mail.hpp"

namespace faxmail {

Capability Capability::read(const Layout& layout) {
  const fs::path path = layout.product_object("share/capability.json");
  const auto text = dfi::read_file_if_exists(path);
  if (!text) throw dfi::Error(dfi::msg::mail_capability_missing, {{"path", path.string()}});
  const auto json = dfi::parse_json(*text, path);
  return dfi::from_json_document(path, [&] {
    if (json.at("schema") != "directfax-capability/1") dfi::throw_json_malformed(path, "schema");
    Capability capability;
    json.at("version").get_to(capability.version);
    json.at("ptf").get_to(capability.ptf);
    for (const auto& [file, level] : json.at("levels").items()) capability.levels[file] = level.get<int>();
    json.at("ssl").get_to(capability.ssl);
    json.at("auth").get_to(capability.auth);
    json.at("presets").get_to(capability.presets);
    json.at("smtps").get_to(capability.smtps);
    json.at("tls_min").get_to(capability.tls_min);
    return capability;
  });
}

int Capability::level(const std::string& file) const {
  const auto found = levels.find(file);
  return found == levels.end() ? 0 : found->second;
}

}  // namespace faxmail
