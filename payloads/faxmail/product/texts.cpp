// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/product/texts.hpp"

#include <fmt/args.h>
#include <fmt/format.h>

#include "base/toml.hpp"
#include "messages/mail.hpp"

namespace faxmail {

Texts Texts::load(const Layout& layout, dfi::Language language) {
  const char* name =
      language == dfi::Language::german ? "share/messages/faxmail.de.toml" : "share/messages/faxmail.en.toml";
  const fs::path path = layout.product_object(name);
  const auto content = dfi::read_file_if_exists(path);
  if (!content) throw dfi::Error(dfi::msg::mail_texts_missing, {{"path", path.string()}});
  Texts texts;
  texts.language_ = language;
  for (const auto& [chapter, node] : dfi::parse_toml(*content, path))
    if (const auto* table = node.as_table())
      for (const auto& [key, value] : *table)
        texts.texts_[std::string(chapter.str()) + "." + std::string(key.str())] = value.value_or(std::string{});
  return texts;
}

std::string Texts::operator()(const std::string& key, const dfi::Args& args) const {
  const auto found = texts_.find(key);
  if (found == texts_.end()) return key;
  fmt::dynamic_format_arg_store<fmt::format_context> values;
  for (const auto& arg : args) values.push_back(fmt::arg(arg.name.c_str(), arg.value));
  try {
    return fmt::vformat(found->second, values);
  } catch (const fmt::format_error&) {
    return found->second;  // a text of another release names an argument we do not have
  }
}

}  // namespace faxmail
