// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "base/error.hpp"
#include "messages/record_pass.hpp"
#include "tests/history/files.hpp"
#include "tests/history/world.hpp"

namespace dfi::history {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

const Version& version(const std::string& name) {
  static const auto known = versions();
  for (const auto& each : known)
    if (each.name == name) return each;
  throw std::invalid_argument(name);
}

class History : public testing::Test {
 protected:
  DataFile written(const std::string& release, const std::string& file, const Wish& wish = {}) {
    const auto directory = place_.make(release + file);
    dirt_ = write_data(catalogue_, version(release), wish, directory);
    return {file, directory / file};
  }

  Catalogue catalogue_ = Catalogue::load(definitions());
  Place place_;
  std::vector<Dirt> dirt_;
};

TEST_F(History, BeginsWith401AndEndsWithTheNewestRelease) {
  const auto known = versions();
  std::vector<std::string> names;
  for (const auto& each : known) {
    names.push_back(each.name);
    EXPECT_EQ(each.levels.size(), known.front().levels.size()) << each.name;
  }
  EXPECT_THAT(names, testing::IsSupersetOf({"4.01", "5.35", "5.60", "5.80", "5.91", "5.92", "6.06"}));
}

TEST_F(History, EveryFileOfEveryVersionIsKnownByItsContent) {
  for (const auto& each : versions()) {
    const auto directory = place_.make(each.name);
    write_data(catalogue_, each, {}, directory);
    for (const auto& [file, level] : each.levels)
      EXPECT_EQ(catalogue_.level_of({file, directory / file}), level) << file << " of " << each.name;
  }
}

TEST_F(History, IsTheSameBytesForTheSameWish) {
  for (const auto& each : versions()) {
    const auto one = place_.make(each.name + "a"), other = place_.make(each.name + "b");
    write_data(catalogue_, each, {40, 3, true}, one);
    write_data(catalogue_, each, {40, 3, true}, other);
    for (const auto& [file, level] : each.levels)
      EXPECT_EQ(read_file(one / file), read_file(other / file)) << file << " " << level;
  }
}

TEST_F(History, HasUmlautsNegativeAmountsBlankDatesAndFullFields) {
  const auto file = written("4.01", "FAXKA");
  const auto format = format_of("FAXKA", 1);
  const auto bytes = read_file(file.path);
  bool umlaut = false, negative = false, blank = false, full = false;
  for (std::size_t at = 0; at < bytes.size(); at += format.record->length)
    for (const auto& [name, value] : records::read_record(*format.record, bytes.substr(at, format.record->length))) {
      umlaut = umlaut || (name == "KANAME" && value.find("ü") != std::string::npos);
      negative = negative || (name == "KACOST" && value.find('-') == 0);
      blank = blank || (name == "KASND" && value.empty());
      full = full || (name == "KASUBJ" && value.size() > 50);
    }
  EXPECT_TRUE(umlaut && negative && blank && full) << umlaut << negative << blank << full;
}

TEST_F(History, TotalsOfMoneyArriveExactly) {
  const auto file = written("4.01", "FAXKA");
  Notes notes;
  const auto result = convert(catalogue_, file, catalogue_.route(file, 1, 4), {}, notes);
  EXPECT_EQ(result.rows_before, 100u);
  EXPECT_EQ(result.rows_after, 100u);
  std::vector<std::string> summed;
  for (const auto& total : result.totals) {
    EXPECT_EQ(total.before, total.after) << total.conversion << " " << total.field;
    if (total.field == "KACOST") summed.push_back(total.conversion);
  }
  EXPECT_THAT(summed, ElementsAre("CVTKA1", "CVTKA2"));
}

TEST_F(History, NothingOldWouldBeSentOrReportedAgain) {
  const auto file = written("4.01", "FAXKA");
  Notes notes;
  convert(catalogue_, file, catalogue_.route(file, 1, 4), {}, notes);
  const auto text = content(file.path);
  EXPECT_THAT(text, Not(testing::HasSubstr("'queued' '2")));
  EXPECT_THAT(text, testing::HasSubstr("'held'"));
  EXPECT_THAT(text, testing::HasSubstr("<FX0000012@converted.invalid>"));
}

TEST_F(History, DirtIsNamedAndStopsTheConversionAtTheFirst) {
  const auto file = written("4.01", "FAXKA", {100, 1, true});
  ASSERT_THAT(dirt_, Not(IsEmpty()));
  Notes notes;
  try {
    convert(catalogue_, file, catalogue_.route(file, 1, 4), {}, notes);
    FAIL() << "nothing was refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.message().id, msg::record_refused);
    EXPECT_EQ(error.arg("record"), "2");
    EXPECT_EQ(error.arg("field"), "KACOST");
  }
  EXPECT_EQ(catalogue_.level_of(file), 1) << "the data file is as it was";
}

}  // namespace
}  // namespace dfi::history
