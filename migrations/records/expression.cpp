// SPDX-License-Identifier: Apache-2.0
#include "migrations/records/expression.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "migrations/records/text.hpp"

namespace dfi::records {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }

class Parser {
 public:
  Parser(const std::string& text, const RecordFormat& format, unsigned element, int line)
      : text_(text), format_(format), element_(element), line_(line) {}

  Expression parse_all() {
    auto expression = parse(0);
    skip_blanks();
    if (at_ != text_.size()) fail(fmt::format("'{}' is too much", text_.substr(at_)));
    return expression;
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const {
    throw Malformed(line_, fmt::format("expression {}: {}", text_, reason));
  }

  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) ++at_;
  }

  bool take(char c) {
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  Expression parse(int depth) {
    constexpr int deepest = 40;
    if (depth > deepest) fail("it is nested too deeply");
    skip_blanks();
    if (at_ == text_.size()) fail("a value is missing at the end");
    const char c = text_[at_];
    if (c == '\'') return parse_text();
    if (is_digit(c) || c == '-' || c == '+') return parse_constant();
    if (!is_word(c)) fail(fmt::format("a value is missing before '{}'", text_.substr(at_)));
    const auto start = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    const auto word = text_.substr(start, at_ - start);
    return take('(') ? parse_call(word, depth) : field(word);
  }

  Expression parse_text() {
    Expression constant;
    constant.type = Value::Kind::text;
    for (++at_;; ++at_) {
      if (at_ == text_.size()) fail("a closing ' is missing");
      if (text_[at_] == '\'') {
        // Two of them are one that belongs to the text.
        if (at_ + 1 == text_.size() || text_[at_ + 1] != '\'') break;
        ++at_;
      }
      constant.text += text_[at_];
    }
    ++at_;
    if (valid_utf8(constant.text) != constant.text.size()) fail("a text is not UTF-8");
    return constant;
  }

  Expression parse_constant() {
    const auto start = at_++;
    while (at_ < text_.size() && (is_digit(text_[at_]) || text_[at_] == '.')) ++at_;
    const auto number = parse_number(std::string_view(text_).substr(start, at_ - start));
    if (number.flaw != NumberFlaw::none) fail(fmt::format("'{}' is no number", text_.substr(start, at_ - start)));
    Expression constant;
    constant.type = Value::Kind::number;
    constant.units = number.value.units;
    constant.scale = number.value.scale;
    return constant;
  }

  Expression field(const std::string& name) const {
    const auto element = element_ == 0 ? name : fmt::format("{}({})", name, element_);
    const auto is = [&](const std::string& wanted) {
      return std::find_if(format_.fields.begin(), format_.fields.end(),
                          [&](const Field& candidate) { return candidate.name == wanted; });
    };
    auto found = is(name);
    if (found == format_.fields.end()) found = is(element);
    if (found == format_.fields.end()) {
      const bool is_array = is(name + "(1)") != format_.fields.end();
      fail(name + (is_array ? " is an array, name one of its elements" : " is no field of the old level"));
    }
    Expression expression;
    expression.op = Expression::Op::field;
    expression.field = static_cast<std::size_t>(found - format_.fields.begin());
    expression.type = kind_of(*found);
    expression.scale = found->scale;
    return expression;
  }

  Expression parse_call(const std::string& name, int depth) {
    if (!is_function(name)) {
      const auto start = at_;
      while (at_ < text_.size() && text_[at_] != ')') ++at_;
      const auto index = text_.substr(start, at_ - start);
      if (!take(')')) fail("a closing parenthesis is missing");
      if (!std::all_of(index.begin(), index.end(), is_digit)) fail(fmt::format("the function {} is not known", name));
      return field(fmt::format("{}({})", name, index));
    }
    std::vector<Expression> args;
    if (!take(')')) {
      do args.push_back(parse(depth + 1));
      while (take(','));
      if (!take(')')) fail("a closing parenthesis is missing");
    }
    try {
      return make_call(name, std::move(args), line_);
    } catch (const Malformed& malformed) {
      fail(malformed.what());
    }
  }

  const std::string& text_;
  const RecordFormat& format_;
  unsigned element_;
  int line_;
  std::size_t at_ = 0;
};

void collect(const Expression& expression, std::set<std::size_t>& fields) {
  if (expression.op == Expression::Op::field) fields.insert(expression.field);
  for (const auto& arg : expression.args) collect(arg, fields);
}

}  // namespace

Value::Kind kind_of(const Field& field) {
  if (field.meaning == Meaning::date) return Value::Kind::date;
  if (field.meaning == Meaning::time) return Value::Kind::time;
  if (field.meaning == Meaning::timestamp) return Value::Kind::timestamp;
  if (field.type == Type::chars) return Value::Kind::text;
  if (field.type == Type::bytes) return Value::Kind::bytes;
  return field.type == Type::floating ? Value::Kind::real : Value::Kind::number;
}

Expression parse_expression(const std::string& text, const RecordFormat& format, unsigned element, int line) {
  return Parser(text, format, element, line).parse_all();
}

std::vector<std::size_t> fields_of(const Expression& expression) {
  std::set<std::size_t> fields;
  collect(expression, fields);
  return {fields.begin(), fields.end()};
}

}  // namespace dfi::records
