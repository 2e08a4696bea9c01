// SPDX-License-Identifier: Apache-2.0
// Reads a record file one record after the other, with its key. Internal to the engine.
#pragma once
#include <filesystem>
#include <fstream>
#include <string>

#include "migrations/records/program.hpp"

namespace dfi::migrations {

class RecordReader {
 public:
  /// Stands on the first record. Throws os_error.
  RecordReader(const std::filesystem::path& path, const records::RecordFormat& format);

  bool has_record() const { return has_; }
  const std::string& record() const { return record_; }
  /// Comparable: equal keys, equal bytes, in the order of the values. Empty without keys, and of a record that cannot
  /// be read in this format.
  const std::string& key() const { return key_; }
  bool readable() const { return readable_; }
  std::uint64_t number() const { return number_; }  // from 1 on
  void next();

 private:
  std::filesystem::path path_;
  records::Program same_;
  records::Desk desk_;
  std::ifstream in_;
  std::string record_, key_, scratch_;
  std::uint64_t number_ = 0;
  bool has_ = false, readable_ = false;
};

/// The format onto itself: what converts without a fault can be read in it; its key is that of the format.
records::Program onto_itself(const records::RecordFormat& format);
/// Whether each key is greater than the one before; false without keys.
bool in_key_order(const std::filesystem::path& path, const records::RecordFormat& format);

}  // namespace dfi::migrations
