// SPDX-License-Identifier: Apache-2.0
// An error for machines: as the "error" part of a JSON document, and in what is kept for the hotline.
#pragma once
#include "base/error.hpp"
#include "base/json.hpp"

namespace dfi {

/// Id, name, texts in this language, trail and arguments.
Json error_json(const Error& error, Language language);
/// {"name": "value", …}
Json args_json(const Args& args);

}  // namespace dfi
