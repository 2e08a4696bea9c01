// SPDX-License-Identifier: Apache-2.0
// The old state of a done update: what `rollback` brings back, and what `commit` or the next update removes. Of a first
// installation it is the data files it took over and converted, without a product.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "steps/support.hpp"

namespace dfi::steps {

/// One data file the update changed, and where it is as it was.
struct KeptFile {
  std::string name;
  fs::path path;
  int from = 0, to = 0;
  Json original;     // identity; null: changed in place, or made by the update
  Json change;       // in place
  std::string made;  // digest of what the conversion made
  bool created() const { return original.is_null() && change.is_null(); }
};

struct KeptUpdate {
  int run = 0;
  Json inputs;             // of the update
  std::string since;       // UTC
  std::string level;       // of the old product: "5.92+HOTPTF20200811"; first installation: ""
  std::string generation;  // of the old product; first installation: ""
  std::string backup;      // made by the update
  std::vector<KeptFile> files;

  std::string name() const { return run_name(run, "update"); }
  /// No product was there before: taken back, none is.
  bool first() const { return generation.empty(); }
  /// Originals and old generation.
  std::uintmax_t bytes(const Layout& layout) const;
};

/// The last done update, if its old state is still promised. A run that ends the promise says so in its journal before
/// it removes anything.
std::optional<KeptUpdate> kept_update(const Journal& journal);

/// Notes the old state of this run, so that kept_update() finds it when the run is done. Nothing if there was none: a
/// first installation that changed no data file leaves what uninstall takes away as well.
void note_kept(Run& run);
/// Ends the promise of the kept update and removes its old state; returns the old level ("": a first installation).
/// Nothing kept: nothing to do.
/// Only forward.
std::optional<std::string> remove_kept_update(Run& run);
/// The same, and tells that it can no longer be taken back.
void end_kept_update(Run& run);
/// Generations beyond the configured number go; the active one and that of a kept update never.
void prune_generations(const Run& run);

}  // namespace dfi::steps
