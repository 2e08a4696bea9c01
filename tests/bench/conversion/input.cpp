// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/conversion/input.hpp"

#include <fmt/core.h>
#include <iconv.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string_view>

#include "base/database.hpp"
#include "tests/bench/conversion/entry.hpp"

namespace bench {
namespace {

constexpr char blank = 0x40;

// By the C library, not by the code page tables that are to be measured.
std::array<char, 256> ebcdic_of_latin1() {
  const auto converter = ::iconv_open("IBM273", "ISO-8859-1");
  if (converter == reinterpret_cast<iconv_t>(-1)) throw std::runtime_error("the C library has no code page IBM273");
  std::array<char, 256> table{}, latin1{};
  for (std::size_t byte = 0; byte < 256; ++byte) latin1[byte] = static_cast<char>(byte);
  char *from = latin1.data(), *to = table.data();
  std::size_t from_left = 256, to_left = 256;
  const auto result = ::iconv(converter, &from, &from_left, &to, &to_left);
  ::iconv_close(converter);
  if (result != 0 || to_left != 0) throw std::runtime_error("IBM273 is not what it should be");
  return table;
}

/// Appends fields as they stand in BENCHKA.7.
class Record {
 public:
  static constexpr std::size_t length = 200;
  void begin(char* place, bool preferred_plus) {
    at_ = place;
    plus_ = preferred_plus ? 0xC : 0xF;
  }
  /// UTF-8, of characters up to U+00FF only.
  void text(std::string_view utf8, std::size_t size) {
    char* const end = at_ + size;
    for (std::size_t i = 0; i < utf8.size(); ++i) {
      auto character = static_cast<unsigned char>(utf8[i]);
      if (character >= 0xC0) character = static_cast<unsigned char>(character << 6 | (utf8[++i] & 0x3F));
      if (at_ == end) throw std::length_error("too long for its field: " + std::string(utf8));
      *at_++ = ebcdic_[character];
    }
    while (at_ != end) *at_++ = blank;
  }
  void packed(std::int64_t value, std::size_t bytes) {
    unsigned low = value < 0 ? 0xD : plus_;
    auto rest = static_cast<std::uint64_t>(value < 0 ? -value : value);
    for (std::size_t i = bytes; i-- > 0; rest /= 10) {
      at_[i] = static_cast<char>((rest % 10) << 4 | low);
      rest /= 10;
      low = static_cast<unsigned>(rest % 10);
    }
    at_ += bytes;
  }
  void zoned(int value, std::size_t digits) {
    auto rest = static_cast<unsigned>(value < 0 ? -value : value);
    for (std::size_t i = digits; i-- > 0; rest /= 10) at_[i] = static_cast<char>(0xF0 | rest % 10);
    if (value < 0) at_[digits - 1] = static_cast<char>(0xD0 | (at_[digits - 1] & 0xF));
    at_ += digits;
  }
  void binary(int value, std::size_t bytes) {
    for (std::size_t i = bytes; i-- > 0;) *at_++ = static_cast<char>(value >> (8 * i));
  }
  void reserved(std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) *at_++ = 0;
  }

 private:
  const std::array<char, 256> ebcdic_ = ebcdic_of_latin1();
  char* at_ = nullptr;
  unsigned plus_ = 0xF;
};

void write_entry(const Entry& entry, Record& record, char* place) {
  record.begin(place, entry.preferred_plus);
  record.packed(entry.id, 5);
  record.text({&entry.status, 1}, 1);
  record.zoned(entry.date, 8);
  record.packed(entry.time, 4);
  record.text(entry.user, 10);
  record.text(entry.name, 40);
  record.text(entry.number, 30);
  record.text(entry.subject, 50);
  record.binary(entry.pages, 2);
  record.binary(entry.seconds, 4);
  record.packed(entry.cost, 5);
  record.zoned(entry.retries, 3);
  record.text(entry.mail, 36);
  record.reserved(2);
}

}  // namespace

void write_records(std::uint64_t count, const std::filesystem::path& path) {
  constexpr std::size_t at_once = 4096;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "wb"), &std::fclose);
  if (!file) throw std::runtime_error("cannot write " + path.string());
  std::string block(at_once * Record::length, '\0');
  Record record;
  Entry entry;
  for (std::uint64_t first = 0; first < count; first += at_once) {
    const auto here = static_cast<std::size_t>(std::min<std::uint64_t>(at_once, count - first));
    for (std::size_t i = 0; i < here; ++i) {
      make_entry(first + i + 1, entry);
      write_entry(entry, record, block.data() + i * Record::length);
    }
    if (std::fwrite(block.data(), Record::length, here, file.get()) != here)
      throw std::runtime_error("cannot write " + path.string());
  }
  if (std::fflush(file.get()) != 0) throw std::runtime_error("cannot write " + path.string());
}

void fill_table(std::uint64_t count, const std::filesystem::path& path) {
  auto db = dfi::open_database(path, dfi::Access::read_write);
  dfi::with_database(path, [&] {
    SQLite::Transaction transaction(db);
    SQLite::Statement insert(db, "INSERT INTO BENCHST VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)");
    Entry entry;
    for (std::uint64_t number = 1; number <= count; ++number) {
      make_entry(number, entry);
      int column = 1;
      const auto bind = [&](const auto&... values) { (insert.bind(column++, values), ...); };
      bind(entry.id, std::string(1, entry.status), fmt::format("{:08}", entry.date), fmt::format("{:06}", entry.time),
           entry.user, entry.name, entry.number, entry.subject, entry.pages, entry.seconds, entry.cost, entry.retries,
           entry.mail);
      insert.exec();
      insert.reset();
    }
    transaction.commit();
  });
}

}  // namespace bench
