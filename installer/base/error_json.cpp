// SPDX-License-Identifier: Apache-2.0
#include "base/error_json.hpp"

namespace dfi {

Json args_json(const Args& args) {
  Json json = Json::object();
  for (const auto& arg : args) json[arg.name] = arg.value;
  return json;
}

Json error_json(const Error& error, Language language) {
  Json trail = Json::array();
  for (const auto& step : error.trail()) trail.push_back(text(step, language));
  return {{"id", message_id(error.message().id)},
          {"name", error.message().id.name},
          {"text", text(error.message(), language)},
          {"cause", cause(error.message(), language)},
          {"recovery", recovery(error.message(), language)},
          {"trail", trail},
          {"args", args_json(error.message().args)}};
}

}  // namespace dfi
