// SPDX-License-Identifier: Apache-2.0
// A bench whose host lies on file systems of its own, and whose power can be cut.
#pragma once
#include <memory>

#include "tests/crash/disk.hpp"
#include "tests/crash/matrix.hpp"

namespace dfi::test {

/// What a cut leaves on disk beside what was synced.
enum class Loss { everything, data };

class PowerBench : public Bench {
 public:
  /// `disks` 1: everything on one; 3: product with configuration, data, and dfinstall's own with depot and backups.
  PowerBench(const Scenario& scenario, const std::string& kind, int disks);
  ~PowerBench() override;

  /// The power goes at the k-th file-changing call, then this way. "" if the end is exactly as promised.
  std::string cut_at(long k, Loss loss, Way way, const Words& more = {});
  /// The power goes right after the run said that it was done.
  std::string cut_after(Loss loss, const Words& more = {});
  /// From now on so little of the (first) disk is free when the run begins.
  void leave_free(long kibibytes) { free_ = kibibytes; }

 protected:
  void bring_back() override;

 private:
  void unmount();
  void mount();
  void cut(Loss loss);
  void boot();

  void fill();

  long free_ = -1;
  std::vector<std::unique_ptr<Disk>> disks_;
};

}  // namespace dfi::test
