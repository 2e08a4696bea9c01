// SPDX-License-Identifier: Apache-2.0
// Errors with reasons of the catalogue: the trail says them in the language of whoever reads, the argument `reason`
// keeps them in English for machines. Internal to the engine.
#pragma once
#include "base/error.hpp"

namespace dfi::migrations {

using Reasons = std::vector<Message>;

/// What a program, a library or the author of a definition says, in the words it is said with.
[[nodiscard]] Message quoted(std::string words);

/// One after the other, in English.
std::string in_english(const Reasons& reasons);
[[nodiscard]] Error because(Msg id, Args args, const Reasons& reasons);

}  // namespace dfi::migrations
