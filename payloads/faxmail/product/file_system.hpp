// SPDX-License-Identifier: Apache-2.0
// Where data files may lie. SQLite's WAL keeps its index in memory that all users of the file share: that works on one
// host only, and file systems that come over a network do not even tell.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "payloads/faxmail/product/layout.hpp"

namespace faxmail {

/// "NFS", "SMB" … for what statfs(2) calls f_type; nothing if it is a local one. FUSE is told apart by the type of the
/// mount ("fuse.sshfs").
std::optional<std::string> network_file_system(std::uint32_t magic, const std::string& mount_type);

/// Throws Error mail_data_on_network, os_error.
void require_local(const fs::path& directory);

}  // namespace faxmail
