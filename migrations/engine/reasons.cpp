// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/reasons.hpp"

#include "messages/reason.hpp"

namespace dfi::migrations {

Message quoted(std::string words) { return {msg::quoted, {{"words", std::move(words)}}}; }

std::string in_english(const Reasons& reasons) {
  std::string words;
  for (const auto& each : reasons) words += (words.empty() ? "" : ", ") + text(each, Language::english);
  return words;
}

Error because(Msg id, Args args, const Reasons& reasons) {
  args.push_back({"reason", in_english(reasons)});
  Error error(id, std::move(args));
  for (const auto& each : reasons) error.during(each);
  return error;
}

}  // namespace dfi::migrations
