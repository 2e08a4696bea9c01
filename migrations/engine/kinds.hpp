// SPDX-License-Identifier: Apache-2.0
// What the engine must be able to do with each kind of data file. Internal to the engine; the promises are those of
// Catalogue (engine.hpp).
#pragma once
#include <string>
#include <vector>

#include "migrations/engine/definition.hpp"
#include "migrations/engine/engine.hpp"

namespace dfi::migrations {

/// One step with the formats at both ends.
struct Edge {
  const Conversion* conversion;
  const Format* from;
  const Format* to;
};
using Formats = std::vector<const Format*>;  // all levels of one file, oldest first
using Edges = std::vector<Edge>;

/// Why a level cannot be told; never returns a guess.
[[nodiscard]] Error level_unknown(const DataFile& file, const Formats& formats, const std::string& reason);
/// The format of the level the file says it has. Throws level_unknown or level_newer.
const Format& known_format(const DataFile& file, const Formats& formats, std::int64_t level, const std::string& where);

// prove(): shows at load time, without data, that a definition works; throws definition_malformed.

namespace sqlite_kind {
void prove(const Format& format);
void prove(const Edge& edge);
int level_of(const DataFile& file, const Formats& formats);
std::vector<Dependent> dependents(const DataFile& file, const Format& format);
void create(const fs::path& path, const Format& format);
Catalogue::Result convert(const DataFile& file, const Edges& edges, const fs::path& shadow);
}  // namespace sqlite_kind

namespace config_kind {
void prove(const Edge& edge);
int level_of(const DataFile& file, const Formats& formats);
void create(const fs::path& path, const Format& format);
Catalogue::Result convert(const DataFile& file, const Edges& edges, const fs::path& shadow);
}  // namespace config_kind

namespace area_kind {
int level_of(const DataFile& file, const Formats& formats);
void create(const fs::path& path, const Format& format);
Catalogue::Result convert(const DataFile& file, const Edges& edges, const fs::path& shadow);
}  // namespace area_kind

}  // namespace dfi::migrations
