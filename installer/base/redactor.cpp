// SPDX-License-Identifier: Apache-2.0
#include "base/redactor.hpp"

#include <fmt/core.h>
#include <string.h>

#include <algorithm>
#include <sstream>

#include "base/base64.hpp"
#include "base/error.hpp"
#include "base/redactor_scan.hpp"
#include "base/toml.hpp"
#include "messages/support.hpp"

namespace dfi {
namespace {

constexpr std::string_view stars = "***";
constexpr std::size_t shortest = 4, shortest_inside = 6;

std::size_t replace_all(std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + stars.size()), ++count)
    text.replace(at, what.size(), stars);
  return count;
}

// Digits that the secret alone decides when `before` bytes stand in front of it: "\0user\0secret" of AUTH PLAIN.
std::string inside_base64(std::string_view secret, std::size_t before) {
  const auto digits = base64(std::string(before, '\0') + std::string(secret));
  const auto begin = (before * 8 + 5) / 6, end = (before + secret.size()) * 8 / 6;
  return digits.substr(begin, end - begin);
}

bool is_utf8(std::string_view text) {
  try {
    static_cast<void>(Json(text).dump());
    return true;
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

void show_values(Redactor& redactor, const std::string& place, const toml::table& table, const std::string& prefix,
                 const std::function<bool(const std::string&)>& known, std::string& text) {
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    if (const auto* inner = node.as_table()) {
      show_values(redactor, place, *inner, prefix + name + ".", known, text);
      continue;
    }
    std::ostringstream value;
    node.visit([&](const auto& each) { value << toml::toml_formatter(each); });
    const bool shown = known(name) && (!names_a_secret(name) || node.value_or<std::string>("-").empty());
    text += fmt::format("{}{} = {}\n", prefix, name,
                        shown ? redactor.clean(place, value.str()) : redactor.mask(place, Masked::secret));
  }
}

}  // namespace

std::string_view masked_name(Masked kind) {
  switch (kind) {
    case Masked::secret: return "secret";
    case Masked::token: return "token";
    case Masked::auth: return "auth";
    case Masked::record: return "record";
    case Masked::address: return "address";
    case Masked::host: return "host";
  }
  return "";
}

void Redactor::add(std::string_view secret) {
  if (secret.size() < shortest) return;
  std::vector<std::string> forms{std::string(secret), base64(secret)};
  for (std::size_t before = 0; before < 3; ++before)
    if (auto inside = inside_base64(secret, before); inside.size() >= shortest_inside) forms.push_back(inside);
  const auto quoted = Json(secret).dump(-1, ' ', false, Json::error_handler_t::replace);
  forms.push_back(quoted.substr(1, quoted.size() - 2));
  for (auto& form : forms)
    if (std::find(forms_.begin(), forms_.end(), form) == forms_.end()) forms_.push_back(std::move(form));
  // The longest first: a secret may begin with another.
  std::stable_sort(forms_.begin(), forms_.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
}

void Redactor::add_host(std::string_view name) {
  constexpr std::size_t shortest_host = 3;
  if (name.size() >= shortest_host && name != "localhost") hosts_.push_back(redaction::lower_case(name));
}

void Redactor::forget() {
  for (auto& form : forms_) ::explicit_bzero(form.data(), form.size());
  forms_.clear();
}

std::string Redactor::apply(std::string text) const {
  for (const auto& form : forms_) replace_all(text, form);
  return text;
}

std::string Redactor::mask(const std::string& place, Masked kind) {
  ++masked_[place][kind];
  return std::string(stars);
}

std::string Redactor::numbered(const std::string& place, Masked kind, std::string value) {
  ++masked_[place][kind];
  auto& numbers = numbers_[kind == Masked::host ? 1 : 0];
  const auto number = numbers.emplace(redaction::lower_case(value), numbers.size() + 1).first->second;
  return fmt::format("[{} {}]", masked_name(kind), number);
}

std::string Redactor::clean_line(const std::string& place, std::string line) {
  std::size_t known = 0;  // secrets that can be seen in this line as stars
  for (const auto& form : forms_) known += replace_all(line, form);
  if (contains(line, "-----BEGIN ") && contains(line, "PRIVATE KEY-----")) in_private_key_ = true;
  if (in_private_key_) {
    if (contains(line, "-----END ")) in_private_key_ = false;
    return mask(place, Masked::secret);
  }
  if (redaction::is_record_dump(line)) return "    " + mask(place, Masked::record);
  const auto replace = [&](const std::vector<redaction::Found>& found) {
    std::string result;
    std::size_t from = 0;
    for (const auto& each : found) {
      result += line.substr(from, each.begin - from);
      const bool name = each.kind == Masked::address || each.kind == Masked::host;
      auto inside = line.substr(each.begin, each.size);
      known -= std::min(known, replace_all(inside, std::string(stars)));
      result += name ? numbered(place, each.kind, line.substr(each.begin, each.size)) : mask(place, each.kind);
      from = each.begin + each.size;
    }
    line = result + line.substr(from);
  };
  replace(redaction::find_secrets(line));
  if (extent_ == Extent::names_too) {
    replace(redaction::find_addresses(line));
    replace(redaction::find_hosts(line, hosts_));
  }
  for (; known > 0; --known) mask(place, Masked::secret);
  return line;
}

std::string Redactor::clean(const std::string& place, std::string_view text) {
  if (!is_utf8(text)) throw Error(msg::not_redactable, {{"part", place}, {"reason", "no UTF-8"}});
  std::string result;
  in_private_key_ = false;
  // A secret may have several lines.
  std::string known(text);
  for (const auto& form : forms_)
    if (contains(form, "\n"))
      for (auto count = replace_all(known, form); count > 0; --count) mask(place, Masked::secret);
  for (std::size_t at = 0; at < known.size();) {
    const auto end = std::min(known.find('\n', at), known.size());
    result += clean_line(place, known.substr(at, end - at));
    if (end < known.size()) result += '\n';
    at = end + 1;
  }
  return result;
}

Json Redactor::clean_json(const std::string& place, const Json& document) {
  if (document.is_string()) return clean(place, document.get_ref<const std::string&>());
  if (!document.is_structured()) return document;
  Json result = document.is_array() ? Json::array() : Json::object();
  for (const auto& entry : document.items()) {
    if (document.is_array()) {
      result.push_back(clean_json(place, entry.value()));
      continue;
    }
    const bool secret = names_a_secret(entry.key()) && (entry.value().is_string() || entry.value().is_number());
    // A key may be a name of a file, a host, anything.
    result[clean(place, entry.key())] = secret ? Json(mask(place, Masked::secret)) : clean_json(place, entry.value());
  }
  return result;
}

std::string redacted_toml(Redactor& redactor, const std::string& place, std::string_view text,
                          const std::function<bool(const std::string& key)>& known) {
  std::string result;
  show_values(redactor, place, parse_toml(text, place), "", known, result);
  return result;
}

std::string masked_text(const Redactor::Counts& counts) {
  std::string text;
  for (const auto& [place, kinds] : counts) {
    std::string list;
    for (const auto& [kind, count] : kinds)
      list += fmt::format("{}{} {}", list.empty() ? "" : ", ", count, masked_name(kind));
    text += place + ": " + list + "\n";
  }
  return text;
}

Json masked_json(const Redactor::Counts& counts) {
  Json list = Json::array();
  for (const auto& [place, kinds] : counts)
    for (const auto& [kind, count] : kinds)
      list.push_back({{"part", place}, {"kind", masked_name(kind)}, {"count", count}});
  return list;
}

}  // namespace dfi
