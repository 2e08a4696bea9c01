// SPDX-License-Identifier: Apache-2.0
// What the content of a record file says about a level it may have.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "messages/reason.hpp"
#include "migrations/engine/kinds.hpp"
#include "migrations/engine/record_reader.hpp"
#include "migrations/records/hex.hpp"

namespace dfi::migrations::record_kind {
namespace {

bool printable(const std::string& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7f) return false;
    // U+0080 to U+009F: controls, which no text of a business has.
    if (byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) return false;
  }
  return true;
}

/// The first text that has no place in one; null: none.
const records::Field* field_of_other_text(const records::RecordFormat& format, const std::string& record) {
  for (const auto& [name, value] : records::read_record(format, record)) {
    const auto* field = format.find(name);
    if (field && field->type == records::Type::chars && !printable(value)) return field;
  }
  return nullptr;
}

struct Sample {
  std::uint64_t number;  // from 0 on
  std::string bytes;
};

/// Records spread evenly over the file, first and last among them.
std::vector<Sample> probe(const fs::path& path, std::size_t length, std::uint64_t records) {
  constexpr std::uint64_t wanted = 200;
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw os_error("open", path);
  std::vector<Sample> result;
  const auto count = std::min(wanted, records);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto number = count == 1 ? 0 : i * (records - 1) / (count - 1);
    std::string record(length, '\0');
    if (::pread(fd.get(), record.data(), length, static_cast<off_t>(number * length)) != static_cast<ssize_t>(length))
      throw os_error("read", path);
    result.push_back({number, std::move(record)});
  }
  return result;
}

/// Keys of the records looked at, in the order of the file.
class Keys {
 public:
  void add(std::string_view key) {
    ++count_;
    falling_ += key < last_;
    last_ = key;
    seen_.insert(last_);
  }
  /// Neither do most of them rise, nor is each there once.
  bool in_disorder() const { return falling_ * 2 > count_ && seen_.size() != count_; }

 private:
  std::size_t count_ = 0, falling_ = 0;
  std::string last_;
  std::set<std::string> seen_;
};

/// The records looked at, read in one format. Single bad ones are what a conversion reports.
class Reading {
 public:
  explicit Reading(const records::RecordFormat& format)
      : format_(format), program_(onto_itself(format)), desk_(program_), out_(format.length, '\0') {}

  void add(const Sample& record) {
    const bool readable = program_.convert(desk_, record.bytes.data(), out_.data());
    if (const auto* field = field_of_other_text(format_, record.bytes)) {
      ++other_text_;
      tell(record, field->name, field->offset, field->length, {msg::level_control_characters, {}});
    } else if (!readable) {
      ++unreadable_;
      const auto& fault = desk_.fault();
      tell(record, fault.field, fault.offset, fault.length, fault.reason);
    } else if (!format_.key.empty()) {
      keys_.add(desk_.key(0));
    }
  }

  Fit result(std::size_t looked_at) const {
    // A wrong level reads none of them right.
    if (const auto bad = other_text_ + unreadable_; bad * 2 > looked_at) {
      auto counted = first_;
      counted.push_back({"bad", std::to_string(bad)});
      counted.push_back({"looked_at", std::to_string(looked_at)});
      return {other_text_ > unreadable_ ? Fits::other_text : Fits::unreadable,
              {{msg::level_unreadable, counted}, first_reason_}};
    }
    if (keys_.in_disorder()) return {Fits::disordered, {{msg::level_disordered, {{"key", format_.key.front()}}}}};
    return {Fits::yes, {}};
  }

 private:
  void tell(const Sample& record, const std::string& field, std::size_t offset, std::size_t length,
            const Message& reason) {
    constexpr std::size_t most_shown = 64;
    if (!first_.empty()) return;
    const auto bytes = std::string_view(record.bytes).substr(offset, std::min(length, most_shown));
    first_ = {{"record", std::to_string(record.number + 1)},
              {"offset", std::to_string(record.number * format_.length)},
              {"field", field},
              {"field_offset", std::to_string(offset)},
              {"hex", records::to_hex(bytes)}};
    first_reason_ = reason;
  }

  const records::RecordFormat& format_;
  records::Program program_;
  records::Desk desk_;
  std::string out_;
  Args first_;
  Message first_reason_;
  std::size_t other_text_ = 0, unreadable_ = 0;
  Keys keys_;
};

}  // namespace

Fit fit_of(const fs::path& path, const Format& format) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error) throw os_error("read", path, error.value());
  const auto length = format.record->length;
  if (size % length != 0)
    return {Fits::other_length,
            {{msg::level_of_other_records, {{"bytes", std::to_string(size)}, {"length", std::to_string(length)}}}}};
  Reading reading(*format.record);
  const auto sample = probe(path, length, size / length);
  for (const auto& record : sample) reading.add(record);
  return reading.result(sample.size());
}

}  // namespace dfi::migrations::record_kind
