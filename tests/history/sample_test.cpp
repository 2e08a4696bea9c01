// SPDX-License-Identifier: Apache-2.0
// Every conversion by its sample: what it makes, and what it refuses. A new sample needs no line here.
#include "tests/history/sample.hpp"

#include <gmock/gmock.h>

#include <cstdlib>

#include "base/database.hpp"
#include "base/error.hpp"
#include "messages/conversion.hpp"
#include "tests/history/files.hpp"
#include "tests/history/notation.hpp"

namespace dfi::history {
namespace {

class Samples : public testing::TestWithParam<std::string> {
 protected:
  Catalogue catalogue_ = Catalogue::load(definitions());
  Sample sample_{GetParam()};
  Place place_;
  Notes notes_;
};

TEST_P(Samples, BecomesWhatIsExpected) {
  const auto file = sample_.write_input(catalogue_, place_.make("data"));
  EXPECT_EQ(catalogue_.level_of(file, sample_.from().level), sample_.from().level);
  convert(catalogue_, file, sample_.route(), {}, notes_);
  const auto now = as_sample(file.path, sample_.to());
  if (std::getenv("DFI_WRITE_SAMPLES")) sample_.write_expected(now);
  EXPECT_EQ(now, sample_.expected());
}

TEST_P(Samples, IsRefusedWhereItIsDirty) {
  migrations::Policy policy;
  policy.on_error = migrations::OnError::reject;
  policy.max_rejects = migrations::RejectLimit{1000, 0};
  int number = 0;
  for (const auto& spoilt : sample_.spoilt_records()) {
    const auto file = sample_.write_input(catalogue_, place_.make(std::to_string(++number)));
    const auto* field = sample_.from().record->find(spoilt.field);
    ASSERT_TRUE(field) << spoilt.field;
    patch(file.path, (spoilt.record - 1) * sample_.from().record->length + field->offset, bytes_of_hex(spoilt.hex));
    Notes notes;
    convert(catalogue_, file, sample_.route(), policy, notes);
    ASSERT_EQ(notes.refusals.size(), 1u) << spoilt.field;
    EXPECT_EQ(notes.refusals[0].record, spoilt.record) << spoilt.field;
    EXPECT_EQ(notes.refusals[0].kind, spoilt.kind) << spoilt.field;
  }
  for (const auto& spoilt : sample_.spoilt_rows()) {
    const auto file = sample_.write_input(catalogue_, place_.make(std::to_string(++number)));
    open_database(file.path, Access::read_write).exec(spoilt.sql);
    try {
      convert(catalogue_, file, sample_.route(), {}, notes_);
      ADD_FAILURE() << spoilt.sql << " was taken";
    } catch (const Error& error) {
      EXPECT_EQ(error.message().id, msg::verify_failed) << error.what();
      EXPECT_EQ(error.arg("check"), spoilt.check);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Conversion, Samples, testing::ValuesIn(Sample::conversions()),
                         [](const auto& sample) { return sample.param; });

}  // namespace
}  // namespace dfi::history
