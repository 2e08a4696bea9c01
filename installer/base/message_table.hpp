// SPDX-License-Identifier: Apache-2.0
// The compiled message catalogue: the contract between the message compiler and message.cpp.
#pragma once
#include <string_view>
#include <vector>

namespace dfi {

struct MessageTexts {
  std::string_view text, cause, recovery;
};

struct MessageRow {
  std::string_view name, id;
  int exit;
  MessageTexts english, german;
};

const std::vector<MessageRow>& message_table();

}  // namespace dfi
