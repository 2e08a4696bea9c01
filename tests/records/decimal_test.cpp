// SPDX-License-Identifier: Apache-2.0
#include "migrations/records/decimal.hpp"

#include <gtest/gtest.h>

namespace dfi::records {
namespace {

std::string text(Int128 units, int scale) { return std::string(decimal_text(units, scale).view()); }

TEST(Decimal, IsWrittenWithItsDecimals) {
  EXPECT_EQ(text(0, 0), "0");
  EXPECT_EQ(text(0, 2), "0.00");
  EXPECT_EQ(text(-5, 2), "-0.05");
  EXPECT_EQ(text(123450, 2), "1234.50");
  EXPECT_EQ(text(power_of_ten(31) - 1, 31), "0.9999999999999999999999999999999");
  EXPECT_EQ(text(-(power_of_ten(38) - 1), 0), "-" + std::string(38, '9'));
}

TEST(Decimal, IsReadAsItIsWritten) {
  for (const char* number : {"0", "-0.05", "1234.50", "9999999999999999999999999999999"}) {
    const auto parsed = parse_number(number);
    EXPECT_EQ(parsed.flaw, NumberFlaw::none);
    EXPECT_EQ(text(parsed.value.units, parsed.value.scale), number);
  }
  EXPECT_EQ(parse_number("+007").value.units, 7);
  for (const char* number : {"", "-", ".5", "5.", "1e3", "1 2", "1,5", "--1", "1.2.3"})
    EXPECT_EQ(parse_number(number).flaw, NumberFlaw::not_a_number) << number;
  EXPECT_EQ(parse_number("10000000000000000000000000000000").flaw, NumberFlaw::too_long);
}

TEST(Decimal, LosesDecimalsOnlyIfRounded) {
  EXPECT_TRUE(rescale(125, 2, 1, Rounding::never).lost);
  EXPECT_EQ(rescale(120, 2, 1, Rounding::never).units, 12);
  EXPECT_EQ(rescale(125, 2, 1, Rounding::half_up).units, 13);
  EXPECT_EQ(rescale(-125, 2, 1, Rounding::half_up).units, -13);
  EXPECT_EQ(rescale(124, 2, 1, Rounding::half_up).units, 12);
  EXPECT_EQ(rescale(-129, 2, 1, Rounding::down).units, -12);
  EXPECT_EQ(rescale(12, 0, 2, Rounding::never).units, 1200);
  EXPECT_TRUE(rescale(power_of_ten(30), 0, 9, Rounding::never).overflow);
}

TEST(WideSum, IsExactBeyond128Bits) {
  WideSum sum;
  for (int i = 0; i < 1000; ++i) sum.add(power_of_ten(37) - 1);
  EXPECT_EQ(sum.text(2), std::string(37, '9') + "0.00");
  for (int i = 0; i < 1000; ++i) sum.add(1 - power_of_ten(37));
  EXPECT_EQ(sum.text(2), "0.00");
  sum.add(-1);
  EXPECT_EQ(sum.text(2), "-0.01");
}

TEST(WideSum, IsExactBeyond64Bits) {
  constexpr auto large = std::int64_t{999'999'999'999'999'999};
  WideSum sum, negative;
  for (int i = 0; i < 100; ++i) sum.add(large), negative.add(-large);
  EXPECT_EQ(sum.text(0), "99999999999999999900");
  EXPECT_EQ(negative.text(0), "-99999999999999999900");
}

TEST(WideSum, GoesOnFromItsText) {
  WideSum sum, other;
  for (int i = 0; i < 1000; ++i) sum.add(-power_of_ten(37) + 3);
  other.add(4);
  other.add_text(sum.text(1));
  sum.add(4);
  EXPECT_EQ(other.text(1), sum.text(1));
}

}  // namespace
}  // namespace dfi::records
