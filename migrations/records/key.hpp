// SPDX-License-Identifier: Apache-2.0
// Values as bytes whose order is that of the values, for unique keys.
#pragma once
#include "migrations/records/value.hpp"

namespace dfi::records {

/// How a part of a key is written; the same for all records of a step.
struct KeyShape {
  std::size_t number_bytes = 0;  // of a number of `scale`; 0: its scale varies
  int scale = 0;
};

/// Of a number that this field holds.
KeyShape key_shape(const Field& field);

/// Null comes first; texts are ordered by code points, without trailing blanks.
void append_key(std::string& key, const KeyShape& shape, const Value& value);

/// The same for a number of the shape's scale.
void append_number(std::string& key, const KeyShape& shape, std::int64_t units);

}  // namespace dfi::records
