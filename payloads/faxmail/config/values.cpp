// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/config/values.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>

namespace faxmail {
namespace {

constexpr std::size_t most_pauses = 20;
constexpr std::int64_t longest_pause_minutes = 1440;
constexpr std::int64_t seconds_of_a_day = 86'400;

bool blank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

std::vector<std::string> split(const std::string& text, const char* separators) {
  std::vector<std::string> parts;
  for (auto begin = text.find_first_not_of(separators); begin != std::string::npos;) {
    const auto end = text.find_first_of(separators, begin);
    parts.push_back(text.substr(begin, end - begin));
    begin = text.find_first_not_of(separators, end);
  }
  return parts;
}

std::optional<std::int64_t> parse_number(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<int> parse_port(const std::string& text) {
  if (text == "*SMTP") return 25;
  if (text == "*SUBMISSION") return 587;
  if (text == "*SMTPS") return 465;
  const auto number = parse_number(text);
  if (!number || *number < 1 || *number > 65535) return std::nullopt;
  return static_cast<int>(*number);
}

std::optional<std::vector<std::string>> parse_pins(const std::string& text) {
  auto pins = split(lower(text), ", \t");
  for (auto& pin : pins) {
    pin.erase(std::remove(pin.begin(), pin.end(), ':'), pin.end());
    if (pin.size() != 64 || pin.find_first_not_of("0123456789abcdef") != std::string::npos) return std::nullopt;
  }
  return pins;
}

std::optional<std::vector<std::chrono::seconds>> parse_minutes(const std::string& text) {
  std::vector<std::chrono::seconds> pauses;
  for (const auto& part : split(text, ", \t")) {
    const auto number = parse_number(part);
    if (!number || *number < 1 || *number > longest_pause_minutes) return std::nullopt;
    pauses.emplace_back(std::chrono::minutes(*number));
  }
  if (pauses.empty() || pauses.size() > most_pauses) return std::nullopt;
  return pauses;
}

std::optional<std::int64_t> parse_day(const std::string& text) {
  std::tm day{};
  const char* end = ::strptime(text.c_str(), "%Y-%m-%d", &day);
  if (text.size() != 10 || !end || *end != 0) return std::nullopt;
  const auto written = day;
  const auto time = ::timegm(&day);
  // timegm takes the 31st of February for the 3rd of March.
  if (day.tm_mday != written.tm_mday || day.tm_mon != written.tm_mon) return std::nullopt;
  return time / seconds_of_a_day;
}

std::optional<std::string> parse_dsn(const std::string& text) {
  auto upper = text;
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  const auto words = split(upper, ",");
  std::string result;
  for (const auto& word : words) {
    const bool right =
        word == "SUCCESS" || word == "FAILURE" || word == "DELAY" || (word == "NEVER" && words.size() == 1);
    if (!right) return std::nullopt;
    result += (result.empty() ? "" : ",") + word;
  }
  return result;
}

std::optional<std::vector<std::string>> parse_command(const std::string& text) {
  std::vector<std::string> words;
  bool inside = false;
  char quote = 0;
  for (const char c : text) {
    if (quote == 0 && blank(c)) {
      inside = false;
      continue;
    }
    if (!inside) words.emplace_back();
    inside = true;
    if (quote != 0 && c == quote)
      quote = 0;
    else if (quote == 0 && (c == '"' || c == '\''))
      quote = c;
    else
      words.back() += c;
  }
  if (quote != 0 || words.empty() || words.front().empty()) return std::nullopt;
  return words;
}

}  // namespace faxmail
