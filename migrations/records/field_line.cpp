// SPDX-License-Identifier: Apache-2.0
#include "migrations/records/field_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

#include "migrations/records/decimal.hpp"
#include "migrations/records/moment.hpp"

namespace dfi::records {
namespace {

bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Words of a line; blanks inside parentheses do not part them.
std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  bool fresh = true;
  int depth = 0;
  for (const char c : line) {
    if (c == '#') break;
    if (c == ' ' || c == '\t' || c == '\r') {
      fresh = fresh || depth == 0;
      continue;
    }
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (fresh) words.emplace_back();
    words.back() += c;
    fresh = false;
  }
  return words;
}

class Line {
 public:
  Line(std::vector<std::string> words, int ccsid, int number)
      : words_(std::move(words)), ccsid_(ccsid), number_(number) {}

  Field parse() {
    field_.name = words_[0];
    if (!is_field_name(field_.name)) fail("'{}' is no name of a field", field_.name);
    if (words_.size() < 2) fail("field {} has no type", field_.name);
    parse_type(words_[1]);
    for (std::size_t i = 2; i < words_.size(); ++i) parse_option(words_[i]);
    settle_page();
    settle_form();
    settle_rest();
    return field_;
  }

 private:
  template <class... Values>
  [[noreturn]] void fail(fmt::format_string<Values...> reason, Values&&... values) const {
    throw Malformed(number_, fmt::format(reason, std::forward<Values>(values)...));
  }

  int number(std::string_view text, int least, int most) const {
    int value = 0;
    const bool digits = !text.empty() && text.size() <= 8 && std::all_of(text.begin(), text.end(), is_digit);
    for (const char c : digits ? text : "") value = value * 10 + (c - '0');
    if (!digits || value < least || value > most) fail("'{}' is no number from {} to {}", text, least, most);
    return value;
  }

  void parse_type(const std::string& word) {
    const auto open = word.find('(');
    type_ = word.substr(0, open);
    std::string size, scale;
    if (open != word.npos) {
      if (word.back() != ')') fail("'{}' lacks a closing parenthesis", word);
      size = word.substr(open + 1, word.size() - open - 2);
      const auto comma = size.find(',');
      if (comma != size.npos) scale = size.substr(comma + 1), size.erase(comma);
      has_scale_ = comma != word.npos && !scale.empty();
    }
    if (type_ == "date" || type_ == "time" || type_ == "timestamp") {
      if (open != word.npos) fail("{} has no length", type_);
      field_.meaning = type_ == "date" ? Meaning::date : type_ == "time" ? Meaning::time : Meaning::timestamp;
      field_.form = iso_form(field_.meaning).pattern;
      field_.length = field_.form.size();
      return;
    }
    parse_sized(size, scale);
  }

  void parse_sized(const std::string& size, const std::string& scale) {
    constexpr int longest = 10'000'000;
    if (type_ == "packed" || type_ == "zoned") {
      field_.type = type_ == "packed" ? Type::packed : Type::zoned;
      field_.digits = number(size, 1, most_digits);
      const auto digits = static_cast<std::size_t>(field_.digits);
      field_.length = field_.type == Type::packed ? digits / 2 + 1 : digits;
      if (has_scale_) field_.scale = number(scale, 0, field_.digits);
      return;
    }
    static const std::set<std::string> others = {"char", "text", "reserved", "binary", "float"};
    if (others.count(type_) == 0) fail("the type '{}' is not known", type_);
    if (has_scale_ && type_ != "text") fail("{} has no decimals", type_);
    field_.length = static_cast<std::size_t>(number(size, 1, longest));
    if (has_scale_) field_.scale = number(scale, 0, most_digits);
    if (type_ == "char" || type_ == "text") {
      field_.type = Type::chars;
    } else if (type_ == "reserved") {
      field_.type = Type::bytes;
    } else {
      field_.type = type_ == "binary" ? Type::binary : Type::floating;
      const bool valid = field_.length == 4 || field_.length == 8 || (type_ == "binary" && field_.length < 3);
      if (!valid) fail("{} has no length of {}", type_, field_.length);
    }
  }

  void parse_option(const std::string& word) {
    const auto equal = word.find('=');
    const auto name = word.substr(0, equal), value = equal == word.npos ? "" : word.substr(equal + 1);
    if (!seen_.insert(name).second) fail("the option '{}' stands here twice", name);
    if (equal == word.npos ? !parse_flag(name) : !parse_setting(name, value))
      fail("the option '{}' is not known for {}", word, type_);
  }

  bool parse_flag(const std::string& name) {
    const bool has_sign = field_.type == Type::packed || field_.type == Type::zoned || field_.type == Type::binary;
    if (name == "nullable")
      field_.nullable = true;
    else if (name == "unsigned" && has_sign)
      field_.is_signed = false;
    else if (name == "little" && (field_.type == Type::binary || field_.type == Type::floating))
      field_.little_endian = true;
    else if (name == "number" && type_ == "text")
      field_.type = Type::digits;
    else if (name == "iso" && field_.meaning != Meaning::plain && !seen_form_)
      return seen_form_ = true;
    else
      return false;
    return true;
  }

  bool parse_setting(const std::string& name, const std::string& value) {
    if (name == "scale" && field_.type == Type::binary)
      field_.scale = number(value, 0, most_digits);
    else if (name == "ccsid")
      ccsid_ = number(value, 1, ccsid_none), own_ccsid_ = true;
    else if (name == "window")
      field_.window = number(value, 1, 9900);
    else if (name == "occurs")
      field_.occurs = static_cast<unsigned>(number(value, 1, 10'000'000));
    else if (name == "blank" && value == "zero")
      field_.blank = Blank::zero;
    else if (name == "blank" && value == "null")
      field_.blank = Blank::null;
    else if (name == "date" || name == "time" || name == "timestamp")
      return parse_form(name, value);
    else
      return false;
    return true;
  }

  bool parse_form(const std::string& name, const std::string& value) {
    if (field_.meaning != Meaning::plain) return false;
    field_.meaning = name == "date" ? Meaning::date : name == "time" ? Meaning::time : Meaning::timestamp;
    const auto* form = find_form(value);
    if (!form || form->meaning != field_.meaning) fail("'{}' is no form of a {}", value, name);
    field_.form = value;
    return seen_form_ = true;
  }

  void settle_page() {
    const bool carries_text = field_.type == Type::chars || field_.type == Type::digits || field_.type == Type::zoned;
    if (!carries_text) {
      if (own_ccsid_ && (field_.type != Type::bytes || ccsid_ != ccsid_none)) fail("{} has no code page", type_);
      return;
    }
    field_.page = find_code_page(ccsid_);
    if (field_.page) return;
    if (ccsid_ != ccsid_none) fail("code page {} is not known", ccsid_);
    if (field_.type != Type::chars || field_.meaning != Meaning::plain) fail("{} needs a code page", type_);
    field_.type = Type::bytes;
  }

  void settle_form() {
    if (field_.meaning == Meaning::plain) {
      if (seen_.count("window") != 0) fail("'window' is an option of dates");
      return;
    }
    if (!seen_form_) fail("{} needs the option 'iso'", type_);
    const auto* form = find_form(field_.form);
    if (seen_.count("window") != 0 && (!form->has_short_year || form->pattern[0] == 'C'))
      fail("'window' is an option of dates with two digits for the year");
    if (field_.type == Type::chars) {
      if (field_.length < form->pattern.size()) fail("{} is too short for {}", words_[1], field_.form);
      return;
    }
    static constexpr std::size_t binary_digits[] = {0, 2, 4, 0, 9, 0, 0, 0, 18};
    const bool is_number = field_.type == Type::packed || field_.type == Type::zoned || field_.type == Type::binary;
    if (!is_number || !form->numeric || field_.scale != 0) fail("{} cannot hold {}", words_[1], field_.form);
    const auto digits =
        field_.type == Type::binary ? binary_digits[field_.length] : static_cast<std::size_t>(field_.digits);
    if (digits < form->pattern.size()) fail("{} is too short for {}", words_[1], field_.form);
  }

  void settle_rest() {
    const bool is_text = field_.type == Type::chars || field_.type == Type::bytes;
    if (field_.blank != Blank::error && is_text && field_.meaning == Meaning::plain)
      fail("'blank' is an option of numbers and dates");
    if (field_.type == Type::digits) {
      const auto scale = static_cast<std::size_t>(field_.scale);
      if (scale > 0 && field_.length < scale + 2) fail("{} is too short for its decimals", words_[1]);
      field_.digits = static_cast<int>(std::min<std::size_t>(field_.length - (scale > 0 ? 1 : 0), most_digits));
    } else if (field_.type == Type::chars && field_.scale != 0) {
      fail("{} has decimals only with the option 'number'", type_);
    }
  }

  std::vector<std::string> words_;
  std::set<std::string> seen_;
  std::string type_;
  int ccsid_;
  int number_;
  bool has_scale_ = false, own_ccsid_ = false, seen_form_ = false;
  Field field_;
};

}  // namespace

bool is_field_name(const std::string& name) {
  return !name.empty() && is_letter(name[0]) &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || is_digit(c); });
}

std::optional<Field> parse_field_line(const std::string& line, int ccsid, int number) {
  auto words = words_of(line);
  if (words.empty()) return std::nullopt;
  return Line(std::move(words), ccsid, number).parse();
}

}  // namespace dfi::records
