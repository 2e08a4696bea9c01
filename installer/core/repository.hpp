// SPDX-License-Identifier: Apache-2.0
// The vendor's repository: a signed index and files, served by any HTTPS server (dfpack publish).
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/download.hpp"
#include "base/signature.hpp"
#include "core/layout.hpp"

namespace dfi {

struct OfferedFile {
  std::string version, id, file, sha256;  // version of a release, or id of a PTF
  std::uintmax_t size = 0;
};

struct RepositoryIndex {
  std::string product, url;
  std::vector<OfferedFile> releases, ptfs;

  /// Fetches and verifies index.json.
  static RepositoryIndex fetch(const std::string& url, const DownloadOptions& options, const TrustedKeys& keys);
  /// `version` empty: the newest. Throws Error version_not_offered.
  const OfferedFile& release(const std::string& version) const;
  const OfferedFile* ptf(const std::string& id) const;
  std::string address(const OfferedFile& file) const;
};

DownloadOptions download_options(const HostConfig& config);

/// Fetches into depot/<name> by depot/<name>.part and checks size and digest against the index if there is one. A file
/// that is already there and right is not fetched again. Throws release_truncated, wrong_size, digest_wrong.
fs::path fetch_to_depot(const Layout& layout, const std::string& url, const std::string& name,
                        const OfferedFile* expected, const DownloadOptions& options);

/// Brings what the operator asked for into the depot: a file, a directory with loose save files, a URL, or a version of
/// the configured repository (empty: the newest). A local file is copied and never used in place, so nobody can
/// exchange it between check and use. Throws Error repository_missing if it is none of these.
fs::path receive_release(const Layout& layout, const std::string& asked, const HostConfig& config,
                         const DownloadOptions& options, const TrustedKeys& keys);

}  // namespace dfi
