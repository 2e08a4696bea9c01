// SPDX-License-Identifier: Apache-2.0
// What the machine looked like at the instant of a failure, for the hotline: evidence/<run>-<n>.json. An abort report
// of a conversion (aborts/) is named in it, not repeated.
#pragma once
#include <optional>

#include "core/run.hpp"

namespace dfi {

/// Looks around before anything is cleaned up: holders, locks, file systems, services, job log, versions, and the
/// errors: the cause, and what stopped the way back. Never throws: of what cannot be had it says why.
Json gather_evidence(Run& run, const std::string& step, const Error* cause, const Error* recovery);
/// Keeps it (durably, at most 256 KiB: the oldest lines of the job log go first) and says where. Never throws: a full
/// disk must neither replace the cause nor stop the way back. Nothing if it could not be kept.
std::optional<fs::path> keep_evidence(Run& run, Json evidence);

/// Versions of dfinstall, product, PTFs, kernel and system.
Json versions_json(const Layout& layout);

}  // namespace dfi
