// SPDX-License-Identifier: Apache-2.0
#include "migrations/records/value.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dfi::records {

Value Value::of_number(Int128 units, int scale) {
  Value value;
  value.kind = Kind::number;
  value.number = units;
  value.scale = scale;
  return value;
}

Value Value::of_moment(Meaning meaning, Int128 moment) {
  Value value;
  value.kind = meaning == Meaning::date ? Kind::date : meaning == Meaning::time ? Kind::time : Kind::timestamp;
  value.number = moment;
  return value;
}

Value Value::of_text(std::string_view text, const CodePage* page) {
  Value value;
  value.kind = Kind::text;
  value.text = text;
  value.page = page;
  return value;
}

Value Value::of_utf8(std::string_view text) { return of_text(text, find_code_page(ccsid_utf8)); }

char* Arena::take(std::size_t size) {
  while (used_blocks_ == 0 || blocks_[used_blocks_ - 1].size - used_ < size) {
    if (used_blocks_ == blocks_.size() || blocks_[used_blocks_].size < size) {
      const auto bytes = std::max(size, block_size);
      blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(used_blocks_),
                     {std::unique_ptr<char[]>(new char[bytes]), bytes});  // not cleared
    }
    ++used_blocks_;
    used_ = 0;
  }
  char* const place = blocks_[used_blocks_ - 1].bytes.get() + used_;
  used_ += size;
  return place;
}

std::string_view Arena::keep(std::string_view text) {
  char* const place = take(text.size());
  std::copy(text.begin(), text.end(), place);
  return {place, text.size()};
}

std::string hex_of(std::string_view bytes) {
  constexpr std::size_t most = 32;
  std::string hex;
  for (const char byte : bytes.substr(0, most)) {
    if (!hex.empty()) hex += ' ';
    hex += fmt::format("{:02X}", static_cast<unsigned char>(byte));
  }
  return bytes.size() > most ? hex + " …" : hex;
}

std::string type_text(const Field& field) {
  const auto with_scale = [&](const char* name, std::size_t size) {
    return field.scale == 0 ? fmt::format("{}({})", name, size) : fmt::format("{}({},{})", name, size, field.scale);
  };
  const auto sized = [&](const char* name) { return fmt::format("{}({})", name, field.length); };
  const auto digits = static_cast<std::size_t>(field.digits);
  switch (field.type) {
    case Type::chars: return sized("char");
    case Type::bytes: return sized("reserved");
    case Type::packed: return with_scale("packed", digits) + (field.is_signed ? "" : " unsigned");
    case Type::zoned: return with_scale("zoned", digits) + (field.is_signed ? "" : " unsigned");
    case Type::binary:
      return sized("binary") + (field.is_signed ? "" : " unsigned") +
             (field.scale == 0 ? "" : fmt::format(" scale={}", field.scale));
    case Type::floating: return sized("float");
    case Type::digits: return with_scale("text", field.length) + " number";
  }
  return {};
}

}  // namespace dfi::records
