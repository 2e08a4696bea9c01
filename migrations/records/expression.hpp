// SPDX-License-Identifier: Apache-2.0
// Expressions of a definition: what the fields of the new level are made of. Types are proven when one is read, so that
// evaluation can only fail on data.
#pragma once
#include <string>
#include <vector>

#include "migrations/records/codec.hpp"

namespace dfi::records {

struct Expression {
  enum class Op : std::uint8_t {
    field,
    constant,
    first_not_null,
    trim,
    upper,
    lower,
    substr,
    concat,
    pad,
    number,
    text,
    moment,
    join,
    dateof,
    timeof,
    unscaled,
    lookup,
    condition
  };
  Op op = Op::constant;
  Value::Kind type = Value::Kind::null;
  int scale = 0;          // number: most decimals it can have, -1 unknown
  std::size_t field = 0;  // index in the fields of the old level
  std::vector<Expression> args;
  std::string text;  // constant text; what pad fills with
  Int128 units = 0;  // constant number
  const Form* form = nullptr;
  int window = 1940;
  std::size_t from = 0, length = 0;  // substr; pad
};

/// What a field yields where an expression names it.
Value::Kind kind_of(const Field& field);

/// Reads an expression over the fields of `format`. `element`: the name of an array means its element of this number
/// (0: an array has no value). Throws Malformed with `line`.
Expression parse_expression(const std::string& text, const RecordFormat& format, unsigned element, int line);

/// A call of a function with its arguments, types proven. Throws Malformed with `line`.
Expression make_call(const std::string& name, std::vector<Expression> args, int line);
bool is_function(const std::string& name);

/// The fields an expression names, each once, ascending.
std::vector<std::size_t> fields_of(const Expression& expression);

/// Where the value of a field is read from: in a fused program perhaps from the record of an earlier level.
struct Source {
  std::size_t buffer = 0;  // number of the level in the program
  const Codec* codec = nullptr;
  bool operator==(const Source& other) const { return buffer == other.buffer && codec == other.codec; }
};
struct Scope {
  const Source* fields;        // of the old level
  const char* const* buffers;  // the records of all levels
  Arena* arena;
};

inline Value read(const Scope& scope, const Source& source) {
  return decode(*source.codec, scope.buffers[source.buffer] + source.codec->field->offset);
}

/// Throws Refused; `field` is set where the bytes of a field are wrong.
Value evaluate(const Expression& expression, const Scope& scope);

/// A value as text: of a number its digits, of a date its ISO form; null is empty.
std::string_view utf8_text(const Value& value, Arena& arena);

/// Neither null, blank nor zero.
bool is_true(const Value& value);

}  // namespace dfi::records
