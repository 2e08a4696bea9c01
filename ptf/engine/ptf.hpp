// SPDX-License-Identifier: Apache-2.0
// Hot fixes (features 124–136). A PTF never changes a tree in use: the objects it replaces are saved, a new generation
// is composed beside the active one, and the flip of `current` (not done here) activates it. Removal is the same way
// back with the saved objects. File formats: ptf/README.md.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/signature.hpp"
#include "core/generation.hpp"
#include "core/save_file.hpp"

namespace dfi::ptf {

/// "TMSHOTPTF", "HOTPTF20200811" and the vendor's other spellings (HOPTF…, HOTFIX…) name the same fix.
bool names_same(const Manifest& manifest, const std::string& save_file_name, const std::string& asked);

/// A PTF in the depot: a save file of its own, or inside a received release.
struct Located {
  fs::path file;  // save file or release
  bool in_release = false;
  Manifest manifest;
};
/// Searches the depot, newest file first; signature and fitness of what is found are checked. An exact id is preferred
/// to the name of a save file, which many PTFs share. Nothing = not there.
std::optional<Located> find_in_depot(const Layout& layout, const std::string& asked, const TrustedKeys& keys);
/// The PTF in this file of the depot. Throws what is wrong with it; path_missing if it is gone.
Located open_in_depot(const fs::path& file, const std::string& product, const TrustedKeys& keys);
/// Opens a PTF's save file again.
SaveFile open(const Located& located, const TrustedKeys& keys);

enum class Applicable { yes, already };
/// Throws ptf_prerequisite (wrong version, exit 26), ptf_pre_image (an object is neither what the PTF expects nor
/// already what it brings, exit 25).
Applicable check_applicable(const Manifest& ptf, const Generation& installed);

/// PTFyymmdd.SAVF of today; never a name that exists.
fs::path saved_objects_path(const Layout& layout);
/// Writes the objects that `ptf` will replace, synced, re-read and compared before it returns.
void save_objects(const Manifest& ptf, const Generation& installed, const fs::path& target);

/// Composes the tree `target` = `installed` with `objects` (unpacked below `source`) put in and `removed` left out.
/// Unchanged objects are hard links: generations are read-only. Writes .generation.json, syncs the tree.
void compose(const Generation& installed, const std::vector<Object>& objects, const fs::path& source,
             const std::vector<std::string>& removed, std::vector<AppliedPtf> ptfs, const fs::path& target);

/// The applied PTF of this name or id. Throws ptf_not_applied (exit 4), or ptf_not_removable (exit 28) if a later PTF
/// replaced one of its objects or its saved objects are gone.
const AppliedPtf& removable(const Generation& installed, const Layout& layout, const std::string& asked);

/// Services that use one of these objects.
std::vector<Service> affected_services(const std::vector<Service>& services, const std::vector<std::string>& objects);

}  // namespace dfi::ptf
