// SPDX-License-Identifier: Apache-2.0
#include "tests/history/generator.hpp"

#include <fmt/core.h>

#include "base/durable.hpp"
#include "base/file.hpp"
#include "tests/history/dirt.hpp"
#include "tests/history/files.hpp"

namespace dfi::history {
namespace {

using migrations::Format;
using migrations::Kind;

/// Fields of blanks where a number should be, as programs left them that never filled them.
void leave_blank(std::string& record, const records::RecordFormat& format, Chance& chance) {
  for (const auto& field : format.fields)
    if (field.blank != records::Blank::error && chance.one_in(6))
      record.replace(field.offset, field.length, field.length, '\x40');
}

std::string all_records(const Format& format, const Wish& wish) {
  const bool euro = format.record->ccsid == 1141;
  std::string bytes;
  const auto count = record_count(format.file, wish.records);
  for (unsigned number = 1; number <= count; ++number) {
    Chance chance(wish.seed, format.file, number);
    const auto rows = facts(format.file, number, {format.level, true, euro}, chance);
    auto record = record_of(*format.record, rows.front().values);
    leave_blank(record, *format.record, chance);
    bytes += record;
  }
  return bytes;
}

std::vector<Row> all_rows(const Format& format, const Wish& wish) {
  std::vector<Row> rows;
  const auto count = record_count(format.file, wish.records);
  for (unsigned number = 1; number <= count; ++number) {
    Chance chance(wish.seed, format.file, number);
    for (auto& row : facts(format.file, number, {format.level, false, true}, chance)) rows.push_back(std::move(row));
  }
  return rows;
}

/// What somebody set in the delivered configuration.
void configure(const fs::path& path) {
  auto text = read_file(path);
  const auto set = [&](const std::string& key, const std::string& value) {
    const auto line = fmt::format("\n{} = \"\"\n", key);
    if (const auto at = text.find(line); at != std::string::npos)
      text.replace(at, line.size(), fmt::format("\n{} = \"{}\"\n", key, value));
  };
  set("server", "mail.example.com");
  set("default_sender", "fax@example.com");
  set("helo_name", "büro.example.com");
  durable::write_file(path, text);
}

/// Some flags, that of the traces among them.
void set_flags(const fs::path& path, const Format& format) {
  const auto* page = records::find_code_page(format.ccsid);
  const auto flag = [&](std::size_t position, char32_t character) {
    const int byte = page ? page->find(character) : static_cast<int>(character);
    patch(path, position - 1, std::string(1, static_cast<char>(byte)));
  };
  flag(1, U'J');
  flag(17, U'ö');
  flag(222, U'M');
}

}  // namespace

std::vector<Dirt> write_data(const migrations::Catalogue& catalogue, const Version& version, const Wish& wish,
                             const fs::path& directory) {
  std::vector<Dirt> dirt;
  for (const auto& [file, level] : version.levels) {
    const auto format = format_of(file, level);
    const auto path = directory / file;
    catalogue.create({file, path}, level);
    if (format.kind == Kind::records) durable::write_file(path, all_records(format, wish));
    if (format.kind == Kind::sqlite) add_rows(path, all_rows(format, wish));
    if (format.kind == Kind::config) configure(path);
    if (format.kind == Kind::area) set_flags(path, format);
    if (!wish.dirt) continue;
    for (auto& each : add_dirt(path, format)) dirt.push_back(std::move(each));
  }
  return dirt;
}

}  // namespace dfi::history
