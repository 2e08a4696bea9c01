// SPDX-License-Identifier: Apache-2.0
// Internal to code_page.cpp: the three EBCDIC pages the others are made of.
#pragma once
#include <array>

namespace dfi::records {

extern const std::array<unsigned char, 256> ebcdic_37, ebcdic_273, ebcdic_500;

}  // namespace dfi::records
