// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/cli/context.hpp"

#include <ostream>

namespace faxmail {

void Context::say(const std::string& key, const dfi::Args& args) const { line(texts(key, args)); }

void Context::line(const std::string& text) const {
  if (!json) out << text << '\n';
}

void Context::document(const std::string& verb, int exit, const dfi::Json& fields) const {
  if (!json) return;
  dfi::Json document{{"schema", "faxmail/1"}, {"verb", verb}, {"ok", exit == 0}, {"exit", exit}};
  document.update(fields);
  // A name or subject of an old queue may not be UTF-8; a listing must not end on it.
  out << document.dump(2, ' ', false, dfi::Json::error_handler_t::replace) << '\n';
}

std::string error_text(const dfi::Error& error, dfi::Language language) {
  const auto& message = error.message();
  auto result = std::string(dfi::message_id(message.id)) + " " + dfi::text(message, language) + "\n";
  for (const auto& step : error.trail()) result += "        " + dfi::text(step, language) + "\n";
  for (const auto& more : {dfi::cause(message, language), dfi::recovery(message, language)})
    if (!more.empty()) result += "        " + more + "\n";
  return result;
}

dfi::Json error_json(const dfi::Error& error, dfi::Language language) {
  const auto& message = error.message();
  dfi::Json args = dfi::Json::object();
  for (const auto& arg : message.args) args[arg.name] = arg.value;
  return {{"id", dfi::message_id(message.id)},
          {"name", message.id.name},
          {"text", dfi::text(message, language)},
          {"cause", dfi::cause(message, language)},
          {"recovery", dfi::recovery(message, language)},
          {"args", args}};
}

}  // namespace faxmail
