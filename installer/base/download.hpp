// SPDX-License-Identifier: Apache-2.0
// HTTPS downloads which go on where they were cut (feature 48). The content is believed only after its digest and
// signature were checked by the caller.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace dfi {

struct DownloadOptions {
  std::string proxy;              // URL, empty: environment (https_proxy)
  std::filesystem::path ca_file;  // empty: the system's bundle
  int attempts = 3;               // a cut connection is tried again within one call
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;  // total 0 = unknown
  std::function<bool()> cancelled;
};

/// A small document. Throws Error download_failed (exit 20) with address and reason.
std::string download_text(const std::string& url, const DownloadOptions& options, std::size_t limit = 16u << 20);

/// Completes `part`: bytes already there are kept and the rest is asked for by range (If-Range with the ETag kept in
/// `part`.etag, so that a file changed on the server starts anew). `part` stays when the download fails.
void download(const std::string& url, const std::filesystem::path& part, const DownloadOptions& options);

}  // namespace dfi
