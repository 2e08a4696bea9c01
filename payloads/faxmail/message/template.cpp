// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/message/template.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include "base/toml.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/message/encoding.hpp"
#include "payloads/faxmail/message/parts.hpp"
#include "payloads/faxmail/product/capability.hpp"

namespace faxmail {
namespace {

constexpr const char* endings[] = {".en.toml", ".de.toml"};

fs::path own_directory(const Layout& layout) { return layout.config_directory() / "templates"; }

bool name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/// A name is part of a file name: nothing that could lead elsewhere.
bool is_name(const std::string& name) {
  return !name.empty() && name.size() <= 100 && std::all_of(name.begin(), name.end(), name_character);
}

Template parsed(const fs::path& path, const std::string& content) {
  Template result;
  result.path = path;
  for (const auto& [key, node] : dfi::parse_toml(content, path)) {
    const std::string name(key.str());
    auto* place = name == "subject" ? &result.subject
                  : name == "text"  ? &result.text
                  : name == "html"  ? &result.html
                                    : nullptr;
    const auto value = node.value<std::string>();
    if (!place || !value) throw dfi::Error(dfi::msg::mail_template_malformed, {{"path", path.string()}, {"key", name}});
    *place = *value;
  }
  for (const auto& [name, value] : {std::pair{"subject", &result.subject}, {"text", &result.text}})
    if (value->empty()) throw dfi::Error(dfi::msg::mail_template_malformed, {{"path", path.string()}, {"key", name}});
  return result;
}

using Value = std::function<std::string(const std::string& name)>;

std::string filled_text(const std::string& pattern, const Value& value) {
  std::string result;
  for (std::size_t at = 0; at < pattern.size();) {
    auto end = at + 1;
    while (pattern[at] == '{' && end < pattern.size() && name_character(pattern[end])) ++end;
    if (end > at + 1 && end < pattern.size() && pattern[end] == '}') {
      result += value(pattern.substr(at + 1, end - at - 1));
      at = end + 1;
    } else {
      result += pattern[at++];
    }
  }
  return result;
}

}  // namespace

Template Template::load(const Layout& layout, const std::string& name, dfi::Language language) {
  std::vector<std::string> order(std::begin(endings), std::end(endings));
  if (language == dfi::Language::german) std::reverse(order.begin(), order.end());
  if (is_name(name)) {
    // A person's template replaces the product's in all languages: better the own words than the right language.
    for (const bool own : {true, false}) {
      for (const auto& ending : order) {
        const auto path = own ? own_directory(layout) / (name + ending)
                              : layout.product_object(fs::path("share/templates") / (name + ending));
        if (const auto content = dfi::read_file_if_exists(path)) return parsed(path, *content);
      }
    }
  }
  throw dfi::Error(dfi::msg::mail_template_unknown,
                   {{"name", name}, {"known", joined(names(layout))}, {"directory", own_directory(layout).string()}});
}

std::vector<std::string> Template::names(const Layout& layout) {
  std::set<std::string> names;
  // The directory of any one product object is that of all.
  const auto delivered = layout.product_object("share/templates/fax.en.toml").parent_path();
  for (const auto& directory : {own_directory(layout), delivered}) {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(directory, none)) {
      const auto file = entry.path().filename().string();
      for (const std::string ending : endings)
        if (file.size() > ending.size() && file.compare(file.size() - ending.size(), ending.size(), ending) == 0)
          names.insert(file.substr(0, file.size() - ending.size()));
    }
  }
  return {names.begin(), names.end()};
}

Template filled(const Template& source, const TemplateValues& values) {
  const auto value = [&](const std::string& name) {
    const auto found = values.find(name);
    if (found == values.end())
      throw dfi::Error(dfi::msg::mail_template_value_missing, {{"path", source.path.string()}, {"placeholder", name}});
    return found->second;
  };
  Template result;
  result.path = source.path;
  result.subject = filled_text(source.subject, [&](const std::string& name) {
    const auto text = value(name);
    require_header_safe("--set " + name, text);
    return text;
  });
  result.text = filled_text(source.text, value);
  result.html = filled_text(
      source.html, [&](const std::string& name) { return name == "logo" ? "{logo}" : html_escaped(value(name)); });
  return result;
}

}  // namespace faxmail
