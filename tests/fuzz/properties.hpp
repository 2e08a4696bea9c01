// SPDX-License-Identifier: Apache-2.0
// What must hold for any bytes at all. Each property is run by libFuzzer (clang, -DDFI_FUZZ=ON) and, over its corpus
// and some thousand mutations of it, by the ordinary tests.
#pragma once
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace faxmail::fuzz {

/// Thrown if a property does not hold; libFuzzer reports it as a crash.
class Broken : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

void holds(bool fact, const std::string& what);

/// Refusing an input by a message of ours is always right; anything else that is thrown is not.
void address(std::string_view input);
void composed(std::string_view input);
void message(std::string_view input);
void reply(std::string_view input);
/// A field block, an expression and the bytes of a record, parted by FF.
void definitions(std::string_view input);
void records(std::string_view input);

struct Target {
  const char* name;  // of the property and of its corpus
  void (*check)(std::string_view input);
};
inline constexpr Target targets[] = {{"address", address}, {"composed", composed},       {"message", message},
                                     {"reply", reply},     {"definitions", definitions}, {"records", records}};

/// CRLF line ends only, no NUL, no line over 998 octets, and the end of a line at the end.
void holds_for_mail_text(std::string_view bytes);
/// What an address may hold that goes into a command.
void holds_for_spec(const std::string& spec);

}  // namespace faxmail::fuzz
