// SPDX-License-Identifier: Apache-2.0
// Bytes of a file where the kernel keeps them, without a copy: for digests, which look at each byte once and cost no
// more than that copy (README.md, Decisions). Internal to the engine.
#pragma once
#include <cstdint>
#include <functional>
#include <string_view>

namespace dfi::migrations {

/// Shows `take` some bytes of an open file, one at least. False if they could not be had so, for whatever reason: who
/// reads the file learns it. `take` was not called then, or saw zeros for pages that got lost meanwhile (the file was
/// cut, the disk failed): what it made is worthless. Any thread; not within `take`.
bool see_pages(int fd, std::uint64_t offset, std::size_t length, const std::function<void(std::string_view)>& take);

}  // namespace dfi::migrations
