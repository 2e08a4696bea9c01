// SPDX-License-Identifier: Apache-2.0
// The properties over their corpora and over mutations that are the same in every run.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>

#include "base/file.hpp"
#include "tests/fuzz/properties.hpp"

namespace faxmail::fuzz {

/// GoogleTest would print addresses, which differ in every run.
static void PrintTo(const Target& target, std::ostream* out) { *out << target.name; }

namespace {

constexpr int mutations = 4000;

std::vector<std::string> corpus(const std::string& name) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(FUZZ_CORPUS) / name))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<std::string> contents;
  for (const auto& file : files) contents.push_back(dfi::read_file(file));
  return contents;
}

class Mutator {
 public:
  explicit Mutator(const std::vector<std::string>& seeds) : seeds_(seeds) {}

  std::string next() {
    auto text = seeds_[below(seeds_.size())];
    for (auto changes = 1 + below(4); changes > 0; --changes) change(text);
    return text;
  }

 private:
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }

  void change(std::string& text) {
    static constexpr std::string_view sharp = std::string_view("\r\n\0\t <>\"\\()@,:;=?.-[]\xff\xc3\x80", 25);
    const auto at = below(text.size() + 1);
    const auto length = std::min(below(12), text.size() - at);
    const auto& other = seeds_[below(seeds_.size())];
    switch (below(6)) {
      case 0: text.insert(at, 1, sharp[below(sharp.size())]); break;
      case 1: text.erase(at, length); break;
      case 2: text.insert(at, text.substr(below(text.size()), 1 + below(40))); break;
      case 3: text.insert(at, other.substr(below(other.size()))); break;
      case 4: text.replace(at, length, length, static_cast<char>(below(256))); break;
      default: text.insert(at, 1 + below(1100), 'x');
    }
  }

  std::mt19937_64 random_{20200811};
  const std::vector<std::string>& seeds_;
};

class Fuzz : public testing::TestWithParam<Target> {};

TEST_P(Fuzz, PropertyHoldsForCorpusAndMutations) {
  const auto seeds = corpus(GetParam().name);
  ASSERT_FALSE(seeds.empty());
  const auto check = [](const std::string& input) {
    try {
      GetParam().check(input);
    } catch (const std::exception& broken) {
      FAIL() << broken.what() << ": " << testing::PrintToString(input);
    }
  };
  for (const auto& seed : seeds) check(seed);
  Mutator mutator(seeds);
  for (int i = 0; i < mutations && !HasFailure(); ++i) check(mutator.next());
}

INSTANTIATE_TEST_SUITE_P(All, Fuzz, testing::ValuesIn(targets),
                         [](const auto& target) { return std::string(target.param.name); });

}  // namespace
}  // namespace faxmail::fuzz
