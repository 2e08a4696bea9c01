// SPDX-License-Identifier: Apache-2.0
// Random but repeatable formats, chains of steps and records, clean and dirty.
#pragma once
#include <map>
#include <random>

#include "migrations/records/expression.hpp"
#include "tests/records/support.hpp"

namespace dfi::records {

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}
  /// From here on steps change most fields, to types that often hold the same values.
  void be_restless() { restless_ = true; }

  std::size_t below(std::size_t limit) { return random_() % limit; }
  bool one_in(std::size_t n) { return below(n) == 0; }

  /// A format of the first level.
  Format format();
  /// Steps from it on, each with drops, new fields, other types and other code pages.
  std::vector<Step> chain(const Format& first, std::size_t steps);
  /// A record with valid values.
  std::string record(const RecordFormat& format);
  /// Some bytes overwritten by what data of twenty years holds.
  void soil(const RecordFormat& format, std::string& record);

 private:
  std::string type_line(const std::string& name, Value::Kind kind);
  std::string number_type();
  std::string date_type();
  std::string value_of(const Field& field);
  std::string number_text(int digits, int scale, bool negative);
  Step step(const Format& from, int level);
  std::string expression(const Field& from, Value::Kind wanted);
  void declare(Step& step);
  Format remember(const Format& format, const std::string& lines);

  std::mt19937_64 random_;
  bool restless_ = false;
  int names_ = 0;
  std::map<const RecordFormat*, std::map<std::string, std::string>> lines_;  // of fields that stay as they are
};

/// Steps that a definition could have; nothing if the random ones are malformed.
inline std::vector<Step> valid_chain(Generator& generator, const Format& first, std::size_t steps) {
  auto chain = generator.chain(first, steps);
  return malformed(chain).empty() ? chain : std::vector<Step>{};
}

}  // namespace dfi::records
