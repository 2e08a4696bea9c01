// SPDX-License-Identifier: Apache-2.0
// The functions of expressions: how many arguments, of which types, and what type results.
#include <fmt/format.h>

#include <algorithm>

#include "migrations/records/expression.hpp"
#include "migrations/records/text.hpp"

namespace dfi::records {
namespace {

using Op = Expression::Op;
using Kind = Value::Kind;

struct Function {
  const char* name;
  Op op;
  std::size_t least, most;  // arguments
};
constexpr std::size_t any_number = 1000;
constexpr Function functions[] = {
    {"default", Op::first_not_null, 1, 2},
    {"trim", Op::trim, 1, 1},
    {"upper", Op::upper, 1, 1},
    {"lower", Op::lower, 1, 1},
    {"substr", Op::substr, 3, 3},
    {"concat", Op::concat, 2, any_number},
    {"pad", Op::pad, 3, 3},
    {"number", Op::number, 1, 1},
    {"text", Op::text, 1, 2},
    {"date", Op::moment, 2, 3},
    {"time", Op::moment, 2, 2},
    {"timestamp", Op::moment, 2, 2},
    {"dateof", Op::dateof, 1, 1},
    {"timeof", Op::timeof, 1, 1},
    {"unscaled", Op::unscaled, 1, 1},
    {"lookup", Op::lookup, 3, any_number},
    {"if", Op::condition, 3, 3},
};

bool is_moment(Kind kind) { return kind == Kind::date || kind == Kind::time || kind == Kind::timestamp; }

Kind kind_of(Meaning meaning) {
  return meaning == Meaning::date ? Kind::date : meaning == Meaning::time ? Kind::time : Kind::timestamp;
}

class Call {
 public:
  Call(const std::string& name, std::vector<Expression> args, int line) : name_(name), line_(line) {
    call_.args = std::move(args);
  }

  Expression make() {
    const auto* function = std::find_if(std::begin(functions), std::end(functions),
                                        [&](const Function& candidate) { return candidate.name == name_; });
    if (count() < function->least || count() > function->most) fail("{} has not {} arguments", name_, count());
    call_.op = function->op;
    settle();
    return std::move(call_);
  }

 private:
  template <class... Values>
  [[noreturn]] void fail(fmt::format_string<Values...> reason, Values&&... values) const {
    throw Malformed(line_, fmt::format(reason, std::forward<Values>(values)...));
  }

  std::size_t count() const { return call_.args.size(); }
  Expression& arg(std::size_t index) { return call_.args[index]; }
  Kind type(std::size_t index) const { return call_.args[index].type; }
  bool is_constant(std::size_t index, Kind kind) const {
    return call_.args[index].op == Op::constant && type(index) == kind;
  }

  void want(std::size_t index, std::initializer_list<Kind> kinds) const {
    if (std::find(kinds.begin(), kinds.end(), type(index)) == kinds.end())
      fail("argument {} of {} has the wrong type", index + 1, name_);
  }

  /// A whole number written in the definition.
  std::size_t whole(std::size_t index, int least, int most) {
    const auto& constant = arg(index);
    if (!is_constant(index, Kind::number) || constant.scale != 0 || constant.units < least || constant.units > most)
      fail("argument {} of {} must be a number from {} to {}", index + 1, name_, least, most);
    return static_cast<std::size_t>(constant.units);
  }

  const Form* form(std::size_t index, Kind kind) {
    const auto* found = is_constant(index, Kind::text) ? find_form(arg(index).text) : nullptr;
    if (!found || kind_of(found->meaning) != kind) fail("argument {} of {} is no form of this type", index + 1, name_);
    return found;
  }

  /// The type of a value that is one of several.
  void unite(const Expression& other) {
    if (call_.type == Kind::null) {
      call_.type = other.type;
      call_.scale = other.scale;
      return;
    }
    if (call_.type != other.type) fail("{} would have values of two types", name_);
    call_.scale = call_.scale < 0 || other.scale < 0 ? -1 : std::max(call_.scale, other.scale);
  }

  void result(Kind kind) { call_.type = kind; }

  void settle() {
    constexpr int longest = 1'000'000;
    switch (call_.op) {
      case Op::first_not_null:
        for (const auto& each : call_.args) unite(each);
        // Of one argument it is this argument.
        if (count() == 1) {
          auto only = std::move(call_.args[0]);
          call_ = std::move(only);
        }
        break;
      case Op::trim:
      case Op::upper:
      case Op::lower: want(0, {Kind::text}), result(Kind::text); break;
      case Op::substr:
        want(0, {Kind::text}), result(Kind::text);
        call_.from = whole(1, 1, longest) - 1, call_.length = whole(2, 0, longest);
        break;
      case Op::concat:
        for (std::size_t i = 0; i < count(); ++i) want(i, {Kind::text, Kind::number});
        result(Kind::text);
        break;
      case Op::pad: settle_pad(longest); break;
      case Op::number: want(0, {Kind::text}), result(Kind::number), call_.scale = -1; break;
      case Op::text:
        want(0, {Kind::number, Kind::real, Kind::date, Kind::time, Kind::timestamp}), result(Kind::text);
        if (count() == 2) call_.form = form(1, type(0));
        break;
      case Op::moment: settle_moment(); break;
      case Op::dateof: want(0, {Kind::timestamp}), result(Kind::date); break;
      case Op::timeof: want(0, {Kind::timestamp}), result(Kind::time); break;
      case Op::unscaled: want(0, {Kind::number}), result(Kind::number), call_.scale = 0; break;
      case Op::lookup: settle_lookup(); break;
      case Op::condition:
        want(0, {Kind::text, Kind::number, Kind::real, Kind::date, Kind::time, Kind::timestamp});
        unite(arg(1)), unite(arg(2));
        break;
      default: break;
    }
  }

  void settle_pad(int longest) {
    want(0, {Kind::text, Kind::number}), result(Kind::text);
    call_.length = whole(1, 1, longest);
    auto rest = is_constant(2, Kind::text) ? std::string_view(arg(2).text) : std::string_view();
    if (!rest.empty()) next_character(rest, *find_code_page(ccsid_utf8)), call_.text = arg(2).text;
    if (call_.text.empty() || !rest.empty()) fail("argument 3 of {} must be one character", name_);
  }

  void settle_moment() {
    const auto kind = name_ == "date" ? Kind::date : name_ == "time" ? Kind::time : Kind::timestamp;
    result(kind);
    if (kind == Kind::timestamp && is_moment(type(0))) {
      want(0, {Kind::date}), want(1, {Kind::time});
      call_.op = Op::join;
      return;
    }
    want(0, {Kind::number, Kind::text});
    call_.form = form(1, kind);
    if (type(0) == Kind::number && !call_.form->numeric) fail("a number cannot hold {}", call_.form->pattern);
    if (count() == 3) call_.window = static_cast<int>(whole(2, 1, 9900));
  }

  void settle_lookup() {
    want(0, {Kind::text, Kind::number, Kind::date, Kind::time, Kind::timestamp});
    for (std::size_t i = 1; i + 1 < count(); i += 2) {
      if (arg(i).op != Op::constant) fail("argument {} of lookup must be a constant", i + 1);
      unite(arg(i + 1));
    }
    if (count() % 2 == 0) unite(arg(count() - 1));
  }

  const std::string& name_;
  int line_;
  Expression call_;
};

}  // namespace

bool is_function(const std::string& name) {
  return std::any_of(std::begin(functions), std::end(functions),
                     [&](const Function& each) { return each.name == name; });
}

Expression make_call(const std::string& name, std::vector<Expression> args, int line) {
  return Call(name, std::move(args), line).make();
}

}  // namespace dfi::records
