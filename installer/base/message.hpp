// SPDX-License-Identifier: Apache-2.0
// What a program says. A message is a name and arguments; its id, exit code and its texts in English and German
// stand in installer/messages/*.toml and are compiled into the program. Journals and JSON keep name and arguments,
// so that a run made in English can be read in German.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dfi {

/// Names one message; made by the message compiler as dfi::msg::<name> in "messages/<chapter>.hpp".
struct Msg {
  std::string_view name;
  bool operator==(const Msg&) const = default;
};

/// One argument of a message, by the name that stands in braces in the text.
struct Arg {
  std::string name;
  std::string value;
};
using Args = std::vector<Arg>;

enum class Language { english, german };

struct Message {
  Msg id;
  Args args;
};

/// "DFI5001"; fixed for ever, the same in every language.
std::string_view message_id(Msg id);
/// The exit code of a program that ends with this message (installer/README.md lists them).
int exit_code(Msg id);

/// The whole sentence with the arguments put in. An unknown argument stays visible as {name}.
std::string text(const Message& message, Language language);
/// Why it happened and what to do, or empty.
std::string cause(const Message& message, Language language);
std::string recovery(const Message& message, Language language);

/// The message of this name (as kept by a journal), if this program knows it.
std::optional<Msg> find_message(std::string_view name);

/// From --lang, else DFINSTALL_LANG, else LC_ALL, LC_MESSAGES, LANG as text: most servers have no German locale built.
Language language_from_environment();
/// "de", "de_AT", "DEU" → German; "en", "ENU", "C" → English; else nothing.
std::optional<Language> parse_language(std::string_view name);

}  // namespace dfi
