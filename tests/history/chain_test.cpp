// SPDX-License-Identifier: Apache-2.0
// From every version to every later one: directly, and through each version in between, gives the same files.
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/history/world.hpp"

namespace dfi::history {
namespace {

using migrations::OnError;
using migrations::Policy;
using testing::UnorderedElementsAreArray;

struct Way {
  std::size_t from, to;  // in versions()
};

std::vector<Way> ways() {
  std::vector<Way> result;
  const auto count = versions().size();
  for (std::size_t from = 0; from + 1 < count; ++from)
    for (std::size_t to = from + 1; to < count; ++to) result.push_back({from, to});
  return result;
}

std::string way_name(const testing::TestParamInfo<Way>& way) {
  auto name = versions()[way.param.from].name + "To" + versions()[way.param.to].name;
  std::erase(name, '.');
  return "From" + name;
}

/// What was refused, without the places in the file, which differ where records before it are gone already.
std::vector<std::string> told(const Notes& notes) {
  std::vector<std::string> result;
  for (const auto& each : notes.refusals)
    result.push_back(each.file + " " + each.conversion + " " + each.field + " " + each.kind);
  return result;
}

class Chain : public testing::TestWithParam<Way> {
 protected:
  Chain() : known_(versions()), catalogue_(Catalogue::load(definitions())) {}

  const Version& start() const { return known_[GetParam().from]; }
  const Version& end() const { return known_[GetParam().to]; }

  void direct(const fs::path& directory, bool fuse, const Policy& policy, Notes& notes) {
    for (const auto& [name, level] : start().levels) {
      const DataFile file{name, directory / name};
      convert(catalogue_, file, catalogue_.route(file, level, end().levels.at(name), fuse), policy, notes);
    }
  }
  void step_by_step(const fs::path& directory, const Policy& policy, Notes& notes) {
    for (auto next = GetParam().from + 1; next <= GetParam().to; ++next)
      for (const auto& [name, level] : known_[next].levels) {
        const DataFile file{name, directory / name};
        convert(catalogue_, file, catalogue_.route(file, known_[next - 1].levels.at(name), level), policy, notes);
      }
  }
  void expect_equal(const fs::path& one, const fs::path& other) {
    for (const auto& [name, level] : end().levels) {
      EXPECT_EQ(catalogue_.level_of({name, one / name}, level), level) << name;
      EXPECT_TRUE(content(one / name) == content(other / name)) << name << "\n"
                                                                << content(one / name).substr(0, 3000) << "\n---\n"
                                                                << content(other / name).substr(0, 3000);
    }
  }

  std::vector<Version> known_;
  Catalogue catalogue_;
  Place place_;
};

TEST_P(Chain, ConvertsDirectlyIntoWhatSingleStepsGive) {
  Notes notes;
  const auto fused = place_.make("fused"), single = place_.make("single"), steps = place_.make("steps");
  for (const auto& directory : {fused, single, steps}) write_data(catalogue_, start(), {70, 7, false}, directory);
  direct(fused, true, {}, notes);
  direct(single, false, {}, notes);
  step_by_step(steps, {}, notes);
  EXPECT_THAT(told(notes), testing::IsEmpty());
  expect_equal(fused, steps);
  expect_equal(single, steps);
}

TEST_P(Chain, RefusesTheSameRecordsDirectlyAndStepByStep) {
  Policy policy;
  policy.on_error = OnError::reject;
  policy.max_rejects = migrations::RejectLimit{1000, 0};
  Notes at_once, in_steps;
  const auto fused = place_.make("fused"), steps = place_.make("steps");
  Version old = start();
  // A row is never refused: a check of it stops the conversion.
  if (old.levels.at("FAXSTAT") == 3) old.levels.erase("FAXSTAT");
  for (const auto& directory : {fused, steps}) {
    write_data(catalogue_, start(), {70, 11, false}, directory);
    for (const auto& [name, level] : old.levels) fs::remove(directory / name);
    write_data(catalogue_, old, {70, 11, true}, directory);
  }
  direct(fused, true, policy, at_once);
  step_by_step(steps, policy, in_steps);
  EXPECT_THAT(told(at_once), UnorderedElementsAreArray(told(in_steps)));
  expect_equal(fused, steps);
}

INSTANTIATE_TEST_SUITE_P(History, Chain, testing::ValuesIn(ways()), way_name);

}  // namespace
}  // namespace dfi::history
