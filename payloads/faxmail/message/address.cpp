// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/message/address.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/message/encoding.hpp"

namespace faxmail {
namespace {

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool atom_character(char c) {
  const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return alphanumeric || std::string("!#$%&'*+-/=?^_`{|}~.").find(c) != std::string::npos;
}

bool domain_character(char c) {
  return atom_character(c) && std::string("!#$%&'*+/=?^`{|}~").find(c) == std::string::npos;
}

/// RFC 5321 dot-strings only; quoted local parts and domain literals are not sent to.
bool valid_spec(const std::string& spec) {
  const auto at = spec.find('@');
  if (at == std::string::npos || at == 0 || at > 64 || spec.size() > 254 || at + 1 == spec.size()) return false;
  const auto local = spec.substr(0, at), domain = spec.substr(at + 1);
  auto dots_right = [](const std::string& part) {
    return part.front() != '.' && part.back() != '.' && part.find("..") == std::string::npos;
  };
  return std::all_of(local.begin(), local.end(), atom_character) &&
         std::all_of(domain.begin(), domain.end(), domain_character) && dots_right(local) && dots_right(domain) &&
         domain.front() != '-';
}

}  // namespace

Address parse_address(const std::string& text) {
  require_header_safe("Address", text);
  Address address;
  const auto open = text.rfind('<');
  if (open == std::string::npos) {
    address.spec = trimmed(text);
  } else {
    const auto close = text.find('>', open);
    if (close != std::string::npos && trimmed(text.substr(close + 1)).empty())
      address.spec = text.substr(open + 1, close - open - 1);
    address.name = trimmed(text.substr(0, open));
    if (address.name.size() >= 2 && address.name.front() == '"' && address.name.back() == '"')
      address.name = address.name.substr(1, address.name.size() - 2);
  }
  if (!valid_spec(address.spec)) throw dfi::Error(dfi::msg::mail_address_malformed, {{"address", text}});
  return address;
}

}  // namespace faxmail
