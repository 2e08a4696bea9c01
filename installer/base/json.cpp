// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"

#include "base/error.hpp"
#include "messages/general.hpp"

namespace dfi {

Json parse_json(std::string_view text, const std::filesystem::path& origin) {
  return from_json_document(origin, [&] { return Json::parse(text); });
}

void throw_json_malformed(const std::filesystem::path& origin, const char* reason) {
  throw Error(msg::json_malformed, {{"path", origin.string()}, {"reason", reason}});
}

}  // namespace dfi
