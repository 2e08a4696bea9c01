// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/definition.hpp"

#include "messages/conversion.hpp"
#include "migrations/engine/definition_reader.hpp"

namespace dfi::migrations {

Error malformed(const fs::path& path, int line, const std::string& reason) {
  return Error(msg::definition_malformed,
               {{"path", path.string()}, {"line", std::to_string(line)}, {"reason", reason}});
}

std::string_view type_name(ValueType type) {
  switch (type) {
    case ValueType::boolean: return "boolean";
    case ValueType::integer: return "integer";
    case ValueType::text: return "text";
  }
  return "";
}

std::string as_text(const Value& value) {
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "true" : "false";
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  return std::get<std::string>(value);
}

toml::table parse_definition(const fs::path& path) {
  try {
    return toml::parse(read_file(path), path.string());
  } catch (const toml::parse_error& e) {
    throw malformed(path, static_cast<int>(e.source().begin.line), std::string(e.description()));
  }
}

}  // namespace dfi::migrations
