// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/config/accounts.hpp"

namespace faxmail {

std::vector<Account> accounts_of(const Config& config, const Capability& capability) {
  Account account;
  try {
    config.require_complete();
  } catch (const dfi::Error& error) {
    account.incomplete = error;
  }
  account.endpoint = {config.get("server"), config.port_number()};
  if (config.encrypted())
    account.encryption = config.implicit_tls() ? Account::Encryption::implicit : Account::Encryption::starttls;
  account.tls.ca_file = config.path_of("tls_ca_file");
  account.tls.minimum = capability.tls_min;
  account.auth = config.auth();
  account.user = config.get("user");
  account.password = [file = config.path_of("password_file")] { return Secret::read(file); };
  // Releases before level 4 log in as they are told, also on port 25 of the house.
  account.plain_without_tls = true;
  account.helo_name = config.get("helo_name");
  std::vector<Account> accounts;
  accounts.push_back(std::move(account));
  return accounts;
}

}  // namespace faxmail
