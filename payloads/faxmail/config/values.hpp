// SPDX-License-Identifier: Apache-2.0
// Values of FAXMAILC which are texts in the file and something else behind it. A text that is no such value gives
// nothing; who reads it names the place.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "payloads/faxmail/product/words.hpp"

namespace faxmail {

/// The parts between the separators (any of these characters), empty ones left out.
std::vector<std::string> split(const std::string& text, const char* separators);

std::optional<std::int64_t> parse_number(const std::string& text);
/// "*SMTP", "*SUBMISSION", "*SMTPS" or a number up to 65535.
std::optional<int> parse_port(const std::string& text);
/// SHA-256 fingerprints, separated by commas or blanks, with or without colons: 64 lower-case hex digits each.
std::optional<std::vector<std::string>> parse_pins(const std::string& text);
/// "1,5,15,30": minutes, each from 1 to 1440, at most 20.
std::optional<std::vector<std::chrono::seconds>> parse_minutes(const std::string& text);
/// "2027-03-31": the last day, as days since 1970-01-01.
std::optional<std::int64_t> parse_day(const std::string& text);
/// "FAILURE,DELAY", "NEVER" or empty, in upper case.
std::optional<std::string> parse_dsn(const std::string& text);
/// The words of a command. Blanks separate them; a part in '…' or "…" is taken as it is. There is no other rule: no
/// escapes, no variables, no wildcards. Nothing if a quote is not closed.
std::optional<std::vector<std::string>> parse_command(const std::string& text);

}  // namespace faxmail
