// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/record_reader.hpp"

#include "base/error.hpp"

namespace dfi::migrations {

records::Program onto_itself(const records::RecordFormat& format) {
  records::Step step;
  step.conversion = "-";
  step.from = step.to = std::make_shared<const records::RecordFormat>(format);
  step.unique = format.key;
  return records::Program::compile({step});
}

RecordReader::RecordReader(const std::filesystem::path& path, const records::RecordFormat& format)
    : path_(path), same_(onto_itself(format)), desk_(same_), in_(path, std::ios::binary) {
  if (!in_) throw os_error("open", path);
  record_.resize(format.length);
  scratch_.resize(format.length);
  next();
}

void RecordReader::next() {
  in_.read(record_.data(), static_cast<std::streamsize>(record_.size()));
  if (in_.bad()) throw os_error("read", path_);
  has_ = in_.gcount() == static_cast<std::streamsize>(record_.size());
  if (!has_) return;
  ++number_;
  readable_ = same_.convert(desk_, record_.data(), scratch_.data());
  key_ = readable_ ? std::string(desk_.key(0)) : std::string();
}

bool in_key_order(const std::filesystem::path& path, const records::RecordFormat& format) {
  if (format.key.empty()) return false;
  std::string last;
  for (RecordReader reader(path, format); reader.has_record(); reader.next()) {
    if (reader.key() <= last) return false;
    last = reader.key();
  }
  return true;
}

}  // namespace dfi::migrations
