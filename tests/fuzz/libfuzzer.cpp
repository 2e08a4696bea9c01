// SPDX-License-Identifier: Apache-2.0
// The entry of libFuzzer; one program per property (FUZZ_TARGET).
#include <cstdint>

#include "tests/fuzz/properties.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  faxmail::fuzz::FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
