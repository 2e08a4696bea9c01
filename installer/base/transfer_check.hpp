// SPDX-License-Identifier: Apache-2.0
// Feature 58: a file sent in text mode (ASCII instead of BIN) is recognised as that. Releases and save files carry near
// their start a marker followed by line ends of every kind; a text-mode transfer changes them and nothing else does.
#pragma once
#include <filesystem>
#include <string>

namespace dfi {

/// Marker and line ends.
std::string_view transfer_marker();
/// The marker as a zstd frame which every reader of zstd skips.
std::string transfer_frame();

enum class Transfer { intact, text_mode, not_marked };
/// Looks at the first bytes only.
Transfer check_transfer(const std::filesystem::path& path);

}  // namespace dfi
