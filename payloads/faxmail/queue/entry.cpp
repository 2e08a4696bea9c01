// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/queue/entry.hpp"

namespace faxmail {

dfi::Json MailOptions::to_json() const {
  dfi::Json json = dfi::Json::object();
  if (eight_bit) json["eight_bit"] = true;
  if (smtputf8) json["smtputf8"] = true;
  if (!notify.empty()) json["notify"] = notify;
  if (!ret.empty()) json["ret"] = ret;
  if (!envid.empty()) json["envid"] = envid;
  return json;
}

MailOptions MailOptions::from_json(const dfi::Json& json) {
  MailOptions options;
  options.eight_bit = json.value("eight_bit", false);
  options.smtputf8 = json.value("smtputf8", false);
  options.notify = json.value("notify", "");
  options.ret = json.value("ret", "");
  options.envid = json.value("envid", "");
  return options;
}

std::string MailOptions::to_text() const {
  const auto json = to_json();
  return json.empty() ? std::string() : json.dump();
}

MailOptions MailOptions::from_text(const std::string& text) {
  return text.empty() ? MailOptions() : from_json(dfi::parse_json(text, "KAOPT"));
}

}  // namespace faxmail
