// SPDX-License-Identifier: Apache-2.0
// Which kernel a text gets, and its tables.
#include "migrations/records/text_kernels.hpp"

#include <algorithm>

#include "migrations/records/text_wide.hpp"

namespace dfi::records {
namespace {

Mask run_wide(const Op& op, const Lane& lane) {
  WideText text;
  text.in_step = lane.lengths[op.source.buffer], text.out_step = lane.lengths[op.level];
  text.in = lane.first->read[op.source.buffer] + op.from->offset;
  text.out = lane.first->write[op.level] + op.to->offset;
  text.count = lane.count;
  text.in_length = op.from->length, text.out_length = op.to->length;
  text.most_in = op.most_in, text.most_out = op.most_out;
  text.blank = op.from->page->blank;
  text.table = &op.wide_table;
  return convert_wide(text);
}

std::uint32_t utf8_entry(const CodePage& page, std::size_t byte) {
  const auto& utf8 = page.utf8[byte];
  std::uint32_t entry = static_cast<std::uint32_t>(utf8[3]) << count_shift;
  for (unsigned i = 0; i < 3; ++i) entry |= std::uint32_t{static_cast<unsigned char>(utf8[i])} << 8 * i;
  return entry;
}

std::uint32_t byte_entry(const CodePage& from, std::size_t byte, const CodePage& to) {
  const auto found = to.find(from.to_unicode[byte]);
  return found < 0 ? no_entry : static_cast<std::uint32_t>(found);
}

std::vector<std::uint32_t> ascii_tables(const std::vector<std::uint32_t>& table) {
  std::vector<std::uint32_t> tables;
  for (unsigned place = 0; place < 4; ++place)
    for (const auto entry : table) {
      const bool ascii = entry >> count_shift == 1 && (entry & no_entry) == 0;
      tables.push_back((ascii ? entry & 0x7Fu : 0x80u) << 8 * place);
    }
  return tables;
}

/// Three bytes, or none, are left by the wide kernel.
WideTable make_wide_table(const std::vector<std::uint32_t>& table) {
  WideTable wide{};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    const auto entry = table[byte];
    const bool taken = (entry & no_entry) == 0 && entry >> count_shift <= 2;
    wide[byte] = static_cast<unsigned char>(taken ? entry & 0xFF : 0xFF);
    wide[256 + byte] = static_cast<unsigned char>(taken && entry >> count_shift == 2 ? entry >> 8 & 0xFF : 0);
  }
  return wide;
}

void set_tables(Op& op) {
  op.ascii = ascii_tables(op.table);
  op.wide_table = make_wide_table(op.table);
}

/// Can a text of this field be longer in UTF-8 than `length`?
bool may_outgrow(const Field& field, std::size_t length) {
  constexpr std::size_t longest = 3;
  return longest * field.length > length;
}

Op::Run byte_kernel(const Op& op) {
  const bool all = std::all_of(op.table.begin(), op.table.end(), [](auto entry) { return entry < no_entry; });
  return op.from->page == op.to->page && all ? run_kernel<SamePage> : run_kernel<ByteToByte>;
}

}  // namespace

Op::Run text_kernel(Op& op) {
  if (op.from->type != Type::chars || op.to->type != Type::chars) return nullptr;
  const auto& from = *op.from->page;
  const auto& to = *op.to->page;
  op.most_in = op.from->length;
  op.most_out = op.to->length;
  op.room = op.record_end != 0 ? op.record_end - op.to->offset : op.to->length;
  const bool grows = is_utf8_page(to) && !is_utf8_page(from);
  if (!grows) op.most_in = std::min(op.most_in, op.most_out);
  if (is_utf8_page(from)) return is_utf8_page(to) ? run_kernel<Utf8ToUtf8> : run_kernel<Utf8ToByte>;
  for (std::size_t byte = 0; byte < 256; ++byte)
    op.table.push_back(grows ? utf8_entry(from, byte) : byte_entry(from, byte, to));
  if (!grows) return byte_kernel(op);
  set_tables(op);
  if (has_wide_text() && op.from->length <= most_wide_bytes) op.wide = run_wide;
  return run_kernel<ByteToUtf8>;
}

bool cover_text(Op& op, const Op& between) {
  const bool grows = is_utf8_page(*op.to->page), between_grows = is_utf8_page(*between.to->page);
  if (is_utf8_page(*op.from->page)) {
    // What a page lacks is only known to a table.
    if (!between_grows || !grows) return false;
    op.most_in = std::min(op.most_in, between.most_in);
    return true;
  }
  op.most_in = std::min(op.most_in, between.most_in);
  if (between_grows && grows)
    op.most_out = std::min(op.most_out, between.most_out);
  else if (between_grows && may_outgrow(*op.from, between.most_out))
    return false;
  for (std::size_t byte = 0; byte < 256; ++byte) op.table[byte] |= between.table[byte] & no_entry;
  if (grows)
    set_tables(op);
  else
    op.run = byte_kernel(op);
  return true;
}

}  // namespace dfi::records
