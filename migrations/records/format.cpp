// SPDX-License-Identifier: Apache-2.0
// The field block of a format: lines, order and sums. What stands in one line is read by field_line.cpp.
#include "migrations/records/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "migrations/records/field_line.hpp"

namespace dfi::records {
namespace {

std::size_t end_length(Ends ends) { return ends == Ends::none ? 0 : ends == Ends::crlf ? 2 : 1; }

/// Appends the field or, for an array, its elements.
void append(RecordFormat& format, const Field& field, std::set<std::string>& names, std::size_t& offset, int line) {
  if (!names.insert(field.name).second) throw Malformed(line, fmt::format("field {} stands here twice", field.name));
  const bool array = field.occurs > 1;
  // Divided, so that no product of two large numbers wraps around.
  if (field.length > (format.length - offset) / std::max(field.occurs, 1u))
    throw Malformed(line, fmt::format("field {} reaches beyond the record of {} bytes", field.name, format.length));
  for (unsigned i = 1; i <= field.occurs; ++i) {
    auto element = field;
    if (array) element.name = fmt::format("{}({})", field.name, i);
    element.occurs = 1;
    element.offset = offset;
    offset += field.length;
    format.fields.push_back(std::move(element));
  }
}

}  // namespace

const Field* RecordFormat::find(const std::string& name) const {
  for (const auto& field : fields)
    if (field.name == name) return &field;
  return nullptr;
}

void parse_fields(const std::string& text, RecordFormat& format) {
  format.fields.clear();
  if (format.ccsid != ccsid_none && !find_code_page(format.ccsid))
    throw Malformed(1, fmt::format("code page {} is not known", format.ccsid));
  std::set<std::string> names;
  std::size_t offset = 0, start = 0;
  int line = 0;
  while (start <= text.size()) {
    const auto end = std::min(text.find('\n', start), text.size());
    ++line;
    if (const auto field = parse_field_line(text.substr(start, end - start), format.ccsid, line))
      append(format, *field, names, offset, line);
    start = end + 1;
  }
  if (format.fields.empty()) throw Malformed(1, "a record has at least one field");
  const auto total = offset + end_length(format.ends);
  if (total != format.length)
    throw Malformed(line,
                    fmt::format("the fields and the record end have {} bytes, the record {}", total, format.length));
  for (const auto& key : format.key)
    if (!format.find(key)) throw Malformed(1, fmt::format("the key {} is no field", key));
}

}  // namespace dfi::records
