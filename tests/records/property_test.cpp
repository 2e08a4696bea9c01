// SPDX-License-Identifier: Apache-2.0
// What must hold for any format, any chain of steps and any bytes; the same cases in every run.
#include <algorithm>
#include <map>

#include "migrations/records/compiled.hpp"
#include "tests/records/random_formats.hpp"

namespace dfi::records {
namespace {

constexpr int chains = 400, records_each = 60;

/// Each step a program of its own, one after the other.
class Stepwise {
 public:
  explicit Stepwise(const std::vector<Step>& steps) {
    for (const auto& step : steps) programs_.push_back(Program::compile({step}));
    for (const auto& program : programs_) desks_.emplace_back(program);
  }

  Outcome convert(const std::string& record) {
    auto bytes = record;
    for (std::size_t i = 0; i < programs_.size(); ++i) {
      auto outcome = records::convert(programs_[i], desks_[i], bytes);
      outcome.step = i;
      if (!outcome.kind.empty() || i + 1 == programs_.size()) return outcome;
      bytes = outcome.bytes;
    }
    return {};
  }

  std::vector<Desk>& desks() { return desks_; }

 private:
  std::vector<Program> programs_;
  std::vector<Desk> desks_;
};

std::string next_record(Generator& generator, const RecordFormat& format) {
  auto record = generator.record(format);
  if (generator.one_in(2)) generator.soil(format, record);
  return record;
}

using Totals = std::map<std::string, std::pair<std::string, std::string>>;

struct Seen {
  int converted = 0;
  std::map<std::string, int> refused;
};

/// Random chains, fused and one step after the other; what happened in them.
Seen compare_with_single_steps(Generator& generator) {
  Seen seen;
  for (int i = 0; i < chains; ++i) {
    const auto first = generator.format();
    const auto steps = valid_chain(generator, first, 2 + generator.below(4));
    if (steps.empty()) continue;
    const auto program = Program::compile(steps);
    Desk desk(program);
    Stepwise stepwise(steps);
    for (int n = 0; n < records_each; ++n) {
      const auto record = next_record(generator, *first);
      auto fused = convert(program, desk, record);
      if (fused.kind.empty()) fused.step = steps.size() - 1;
      EXPECT_EQ(fused, stepwise.convert(record)) << "chain " << i << ", record " << n;
      fused.kind.empty() ? ++seen.converted : ++seen.refused[fused.kind];
      for (std::size_t step = fused.kind.empty() ? 0 : steps.size(); step < steps.size(); ++step)
        EXPECT_EQ(desk.key(step), stepwise.desks()[step].key(0)) << "chain " << i << ", record " << n;
      if (testing::Test::HasFailure()) return seen;
    }
  }
  return seen;
}

TEST(Fusion, GivesTheBytesAndRefusalsOfOneStepAfterTheOther) {
  Generator generator(20200811);
  auto seen = compare_with_single_steps(generator);
  // The generator must not have become harmless.
  EXPECT_GT(seen.converted, 2000);
  for (const char* kind : {"bad_digit", "bad_sign", "blank", "bad_date", "overflow", "lost_decimals", "truncated",
                           "unmappable", "null_value", "bad_text", "bad_record_end"})
    EXPECT_GT(seen.refused[kind], 0) << kind;
}

/// Where one kernel stands for the checks of several levels.
TEST(Fusion, RefusesWhatALevelBetweenRefusesThoughNobodyWritesItDown) {
  Generator generator(6);
  generator.be_restless();
  auto seen = compare_with_single_steps(generator);
  EXPECT_GT(seen.converted, 500);
  for (const char* kind : {"bad_date", "overflow", "truncated", "unmappable", "null_value"})
    EXPECT_GT(seen.refused[kind], 100) << kind;
}

/// Keys that a Program calls the same rise and repeat together.
TEST(Fusion, SharesKeysOfTheSameValues) {
  Generator generator(11);
  int shared = 0;
  for (int i = 0; i < chains; ++i) {
    const auto first = generator.format();
    const auto steps = valid_chain(generator, first, 2 + generator.below(4));
    if (steps.empty()) continue;
    const auto program = Program::compile(steps);
    Desk desk(program);
    std::vector<std::string> last(steps.size());
    for (int n = 0; n < records_each; ++n) {
      if (!convert(program, desk, next_record(generator, *first)).kind.empty()) continue;
      for (std::size_t step = 0; step < steps.size(); ++step) {
        const auto source = program.key_source(step);
        if (source == step) continue;
        ++shared;
        ASSERT_EQ(desk.key(step).compare(last[step]) < 0, desk.key(source).compare(last[source]) < 0);
        ASSERT_EQ(desk.key(step) == last[step], desk.key(source) == last[source]);
      }
      for (std::size_t step = 0; step < steps.size(); ++step) last[step] = desk.key(step);
    }
  }
  EXPECT_GT(shared, 100);
}

TEST(Fusion, HasTheTotalsOfOneStepAfterTheOther) {
  Generator generator(5);
  for (int i = 0; i < chains / 4; ++i) {
    const auto first = generator.format();
    const auto steps = valid_chain(generator, first, 2 + generator.below(4));
    if (steps.empty()) continue;
    const auto program = Program::compile(steps);
    Desk desk(program);
    Stepwise stepwise(steps);
    // Steps count records that a later one refuses; so only records that all of them take.
    for (int n = 0; n < records_each; ++n) {
      const auto record = generator.record(*first);
      if (convert(program, desk, record).kind.empty()) stepwise.convert(record);
    }
    for (const auto& total : desk.totals()) {
      bool found = false;
      for (const auto& alone : stepwise.desks()[total.step].totals()) {
        if (alone.field != total.field) continue;
        found = true;
        EXPECT_EQ(alone.before, total.before) << "chain " << i << " " << total.field;
        EXPECT_EQ(alone.after, total.after) << "chain " << i << " " << total.field;
      }
      EXPECT_TRUE(found);
    }
  }
}

/// The fast ways against the reference, on the same compiled program.
TEST(Kernels, GiveTheBytesAndRefusalsOfTheSlowWay) {
  Generator generator(42);
  for (int i = 0; i < chains; ++i) {
    const auto first = generator.format();
    const auto steps = valid_chain(generator, first, 1);
    if (steps.empty()) continue;
    const auto program = Program::compile(steps);
    Desk desk(program);
    auto compiled = compile_steps(steps);
    fuse(compiled);
    DeskState state(compiled);
    for (int n = 0; n < records_each; ++n) {
      const auto record = next_record(generator, *first);
      Outcome slow;
      slow.bytes.assign(program.output_length(), '?');
      state.take(record.data(), slow.bytes.data(), 1);
      if (!convert_stepwise(state, nullptr)) slow = failed(state.fault);
      ASSERT_EQ(convert(program, desk, record), slow) << "chain " << i << ", record " << n;
    }
  }
}

/// Has it numbers whose bytes can look blank, so that they read as another value?
bool has_lookalikes(const RecordFormat& format) {
  return std::any_of(format.fields.begin(), format.fields.end(), [](const Field& field) {
    return (field.type == Type::binary || field.type == Type::floating) && field.blank != Blank::error;
  });
}

/// A record that went through decode and encode stays as it is, and so do the texts of its values.
TEST(Records, StayTheSameWhenTheyAreReadAndWrittenAgain) {
  Generator generator(7);
  for (int i = 0; i < chains; ++i) {
    const auto format = generator.format();
    if (has_lookalikes(*format)) continue;
    const auto program = Program::compile({make_step(format, format)});
    Desk desk(program);
    for (int n = 0; n < records_each / 2; ++n) {
      const auto record = generator.record(*format);
      ASSERT_EQ(convert(program, desk, record).bytes, record) << "format " << i;
      ASSERT_EQ(make_record(*format, read_record(*format, record)), record) << "format " << i;
    }
  }
}

}  // namespace
}  // namespace dfi::records
