// SPDX-License-Identifier: Apache-2.0
// One field: its bytes to a value and back, with every check. The reference that the fast ways of kernels.hpp must
// equal.
#pragma once
#include "migrations/records/moment.hpp"
#include "migrations/records/value.hpp"

namespace dfi::records {

/// A field and what is looked up once for it.
struct Codec {
  explicit Codec(const Field& from) : field(&from), form(from.form.empty() ? nullptr : find_form(from.form)) {}
  const Field* field;
  const Form* form;  // of a date, time or timestamp
};

/// `bytes` is the field's place. Throws Refused with the field.
Value decode(const Codec& codec, const char* bytes);
/// Fills the field's place. Throws Refused with `by_target`.
void encode(const Codec& codec, const Value& value, const Allowance& allowance, char* bytes);

/// A number or date full of blanks or NULs, as `blank=` and `nullable` see it.
bool is_blank_number(const Field& field, const char* bytes);

/// Reads the digits of packed, zoned, binary and digits. Throws Refused without a field.
Int128 decode_number(const Field& field, const char* bytes);
/// Writes units of the field's scale. False: the number does not fit.
bool encode_number(const Field& field, Int128 units, char* bytes);

/// IEEE 754. The decimal number of fewest digits that stands for the same float.
double decode_float(const Field& field, const char* bytes);
bool encode_float(const Field& field, double value, char* bytes);  // false: not this number in four bytes
std::optional<Decimal> decimal_of(double value, bool single);      // none: no number, or too long
std::string text_of_float(double value, bool single);
double float_of(const Decimal& decimal, bool single);

}  // namespace dfi::records
