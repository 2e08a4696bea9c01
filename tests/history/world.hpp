// SPDX-License-Identifier: Apache-2.0
// A directory of its own in memory, conversions as an update does them, and data files compared by content.
#pragma once
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.hpp"
#include "base/file.hpp"
#include "tests/history/generator.hpp"

namespace dfi::history {

using migrations::Catalogue;
using migrations::DataFile;

class Place {
 public:
  Place() {
    std::string name = fs::exists("/dev/shm") ? "/dev/shm/history.XXXXXX" : "/tmp/history.XXXXXX";
    if (!::mkdtemp(name.data())) throw os_error("mkdtemp", name);
    path_ = name;
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { fs::remove_all(path_); }
  fs::path make(const std::string& name) const {
    fs::create_directory(path_ / name);
    return path_ / name;
  }

 private:
  fs::path path_;
};

/// Notes what is refused, and never stops anything.
class Notes : public migrations::Supervisor {
 public:
  void begin() { own_ = refusals.size(); }
  void progress(std::uint64_t, std::uint64_t, std::uint64_t) override {}
  /// A record may be told again with another reason, when a pass has found that it repeats a key: the last one counts.
  void refused(const migrations::Refusal& refusal) override {
    for (auto i = own_; i < refusals.size(); ++i)
      if (refusals[i].record == refusal.record) {
        refusals[i] = refusal;
        return;
      }
    refusals.push_back(refusal);
  }
  std::vector<migrations::Refusal> refusals;

 private:
  std::size_t own_ = 0;  // where those of this file begin
};

/// Converts the file in its place, as an update does between shadow and pivot.
inline Catalogue::Result convert(const Catalogue& catalogue, const DataFile& file, const migrations::Route& route,
                                 const migrations::Policy& policy, Notes& notes) {
  if (route.empty()) return {};
  if (auto change = catalogue.in_place(route)) {
    apply_in_place(file, *change);
    return {};
  }
  notes.begin();
  const fs::path shadow = file.path.string() + ".shadow";
  auto result = catalogue.convert(file, route, shadow, policy, notes);
  fs::rename(shadow, file.path);
  return result;
}

/// Rows of every table of a SQLite file with its level and the names of its objects; else its bytes.
std::string content(const fs::path& path);

}  // namespace dfi::history
