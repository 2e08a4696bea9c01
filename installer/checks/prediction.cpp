// SPDX-License-Identifier: Apache-2.0
// How long an update would close the product: rates of the last runs and rehearsals on this host, from their notes in
// the journal, else cautious ones.
#include <algorithm>

#include "base/file.hpp"
#include "checks/checks.hpp"
#include "core/journal.hpp"

namespace dfi {
namespace {

// Bytes per second where this host has measured none: half of what an ordinary virtual machine did.
double assumed_rate(const migrations::Route& route) {
  double slowest = 150e6;
  for (const auto& pass : route) switch (pass.kind) {
      case migrations::PassKind::records: break;
      case migrations::PassKind::fresh: slowest = std::min(slowest, 80e6); break;
      case migrations::PassKind::load: slowest = std::min(slowest, 60e6); break;
      case migrations::PassKind::sqlite:
      case migrations::PassKind::in_place:
      case migrations::PassKind::config:
      case migrations::PassKind::area:
      case migrations::PassKind::external: slowest = std::min(slowest, 40e6); break;
    }
  return slowest;
}

// Of the newest run that measured this. A few kilobytes in a blink tell what the beginning costs, and no rate: a small
// file that has grown would be given hours.
std::optional<double> measured_rate(const std::optional<Journal>& journal, const std::string& key) {
  constexpr double enough_bytes = 4 << 20, enough_seconds = 1;
  if (!journal) return std::nullopt;
  for (const auto& run : journal->runs()) {
    const auto rate = journal->note(run.id, key);
    if (!rate) continue;
    const auto bytes = rate->at("bytes").get<double>(), seconds = rate->at("seconds").get<double>();
    if (bytes >= enough_bytes || seconds >= enough_seconds) return std::max(1.0, bytes) / std::max(0.001, seconds);
  }
  return std::nullopt;
}

std::optional<double> measured_restart(const std::optional<Journal>& journal) {
  if (!journal) return std::nullopt;
  for (const auto& run : journal->runs())
    if (const auto restart = journal->note(run.id, "restart")) return restart->at("seconds").get<double>();
  return std::nullopt;
}

}  // namespace

double Prediction::converting() const {
  double sum = 0;
  for (const auto& entry : conversions) sum += entry.second;
  return sum;
}

Prediction predict_downtime(const Layout& layout, const std::vector<DataFilePlan>& files) {
  constexpr double assumed_backup = 40e6, assumed_drill = 60e6, assumed_restart = 2;
  const auto journal = Journal::open(layout.journal(), false);
  Prediction prediction;
  auto known = [&](const std::optional<double>& measured, double assumed) {
    if (!measured) prediction.measured = false;
    return measured.value_or(assumed);
  };
  auto saved = static_cast<double>(tree_size(layout.data()) + tree_size(layout.config()));
  std::error_code none;
  if (const auto current = fs::canonical(layout.current(), none); !none)
    saved += static_cast<double>(tree_size(current));
  prediction.backup = saved / known(measured_rate(journal, "rate"), assumed_backup);
  prediction.drill = saved / known(measured_rate(journal, "rate drill"), assumed_drill);
  prediction.restart = known(measured_restart(journal), assumed_restart);
  for (const auto& file : files)
    if (file.converts() && !file.in_place)
      prediction.conversions[file.target.name] =
          static_cast<double>(file.estimate.bytes_in) /
          known(measured_rate(journal, "rate " + file.target.name + "/" + route_kinds(file.route)),
                assumed_rate(file.route));
  return prediction;
}

}  // namespace dfi
