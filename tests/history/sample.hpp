// SPDX-License-Identifier: Apache-2.0
// A sample of one conversion: tests/history/samples/NAME with the files input, expected and conversion.toml.
#pragma once
#include "migrations/engine/definition.hpp"
#include "tests/history/world.hpp"

namespace dfi::history {

/// Bytes put into a record of the input; the conversion must refuse it for this reason.
struct SpoiltRecord {
  std::uint64_t record;
  std::string field, hex, kind;
};
/// SQL run on the input; a check of this name must stop the conversion.
struct SpoiltRows {
  std::string sql, check;
};

class Sample {
 public:
  explicit Sample(const std::string& name);
  /// Names of all conversions of the definitions, in the order of the alphabet.
  static std::vector<std::string> conversions();
  static fs::path directory(const std::string& name);

  const migrations::Format& from() const { return from_; }
  const migrations::Format& to() const { return to_; }
  /// The one pass of this conversion.
  migrations::Route route() const;
  std::vector<SpoiltRecord> spoilt_records() const;
  std::vector<SpoiltRows> spoilt_rows() const;
  /// The data file before the conversion.
  DataFile write_input(const Catalogue& catalogue, const fs::path& directory) const;
  std::string expected() const;
  void write_expected(const std::string& text) const;

 private:
  std::string name_;
  migrations::Conversion conversion_;
  migrations::Format from_, to_;
};

/// A data file in the words of a sample.
std::string as_sample(const fs::path& path, const migrations::Format& format);

}  // namespace dfi::history
