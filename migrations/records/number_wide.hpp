// SPDX-License-Identifier: Apache-2.0
// Numbers and dates of a batch, eight records side by side, by AVX-512 (with BW, DQ, CD and VL, which Intel's servers
// have since 2017 and AMD's since 2022): packed, zoned and binary ones into text, and what is summed.
// Everywhere else, and for what they leave, the kernels of number_kernels.cpp and moment_kernels.cpp do the same.
#pragma once
#include "migrations/records/kernels.hpp"

namespace dfi::records {

/// Has this processor the instructions?
bool has_wide_numbers();

/// For Op::wide of a kernel of numbers or dates; null where there is none, here or for this pair of fields.
Op::Run wide_number(const Op& op);
Op::Run wide_moment(const Op& op);

/// Like ReadNumbers, of any field that has one.
Mask read_wide_numbers(const Field& field, const char* first, std::size_t step, std::size_t count, Int128* units);

}  // namespace dfi::records
