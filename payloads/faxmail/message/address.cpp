// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/message/address.hpp"

#include <arpa/inet.h>
#include <idn2.h>

#include <algorithm>
#include <memory>

#include "base/error.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/message/address_list.hpp"
#include "payloads/faxmail/message/encoding.hpp"

namespace faxmail {
namespace {

constexpr std::size_t local_limit = 64, label_limit = 63, domain_limit = 253, spec_limit = 254;

bool alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool dot_string(std::string_view text) {
  if (text.empty() || text.front() == '.' || text.back() == '.' || text.find("..") != std::string_view::npos)
    return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c == '.' || atom_character(c); });
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; });
}

std::optional<std::string> literal(std::string_view inside) {
  constexpr std::string_view six = "IPv6:";
  unsigned char binary[16];
  const bool tagged =
      inside.size() > six.size() && std::equal(six.begin(), six.end(), inside.begin(), [](char a, char b) {
        return (alphanumeric(a) ? a | 0x20 : a) == (alphanumeric(b) ? b | 0x20 : b);
      });
  const std::string address(tagged ? inside.substr(six.size()) : inside);
  if (address.find('\0') != std::string::npos) return std::nullopt;
  if (::inet_pton(tagged ? AF_INET6 : AF_INET, address.c_str(), binary) != 1) return std::nullopt;
  return "[" + std::string(tagged ? six : "") + address + "]";
}

bool host_name(std::string_view domain) {
  if (domain.empty() || domain.size() > domain_limit) return false;
  for (;;) {
    const auto label = domain.substr(0, domain.find('.'));
    if (label.empty() || label.size() > label_limit || label.front() == '-' || label.back() == '-') return false;
    if (!std::all_of(label.begin(), label.end(), [](char c) { return alphanumeric(c) || c == '-' || c == '_'; }))
      return false;
    if (label.size() == domain.size()) return true;
    domain.remove_prefix(label.size() + 1);
  }
}

/// A local part in quotes: RFC 5321 allows printable characters and blanks, `"` and `\` behind a backslash.
std::string quoted_local(std::string_view content) {
  std::string result = "\"";
  for (const char c : content) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

}  // namespace

std::string domain_of(const std::string& spec) { return spec.substr(spec.rfind('@') + 1); }

std::optional<std::string> ascii_domain(std::string_view domain) {
  if (domain.size() > 2 && domain.front() == '[' && domain.back() == ']')
    return literal(domain.substr(1, domain.size() - 2));
  // A long name would only be refused after the costly normalisation; U-labels are never longer than four bytes a
  // letter.
  if (domain.size() > 4 * domain_limit || has_control(domain)) return std::nullopt;
  std::string ascii(domain);
  if (!is_ascii(domain)) {
    if (!is_utf8(domain)) return std::nullopt;
    char* raw = nullptr;
    if (::idn2_to_ascii_8z(ascii.c_str(), &raw, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK) return std::nullopt;
    const std::unique_ptr<char, void (*)(void*)> guard(raw, ::idn2_free);
    ascii = raw;
  }
  return host_name(ascii) ? std::optional(ascii) : std::nullopt;
}

std::optional<std::string> make_spec(std::string_view content, bool quoted, std::string_view domain) {
  const auto host = ascii_domain(domain);
  if (!host || has_control(content) || !is_utf8(content)) return std::nullopt;
  const bool plain = dot_string(content);
  if (!plain && !quoted) return std::nullopt;
  auto spec = plain ? std::string(content) : quoted_local(content);
  if (spec.size() > local_limit) return std::nullopt;
  spec += '@';
  spec += *host;
  return spec.size() <= spec_limit ? std::optional(spec) : std::nullopt;
}

Address parse_address(const std::string& text) {
  require_header_safe("Address", text);
  if (const auto bare = read_single_spec(trimmed(text))) return {{}, *bare};
  // A person does not quote the comma in "Müller, Jürgen <j.mueller@example.com>": the name is all before the bracket.
  const auto open = text.rfind('<');
  const auto spec = open == std::string::npos ? std::nullopt : read_single_spec(trimmed(text.substr(open)));
  if (!spec) throw dfi::Error(dfi::msg::mail_address_malformed, {{"address", text}});
  return {unquoted(trimmed(text.substr(0, open))), *spec};
}

}  // namespace faxmail
