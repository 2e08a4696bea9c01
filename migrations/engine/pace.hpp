// SPDX-License-Identifier: Apache-2.0
// How far the work on one part has come, told to the Supervisor while other libraries and threads work: at least every
// fifth of a second, so that a signal can end a long SQL statement. Internal to the engine.
#pragma once
#include <chrono>
#include <exception>
#include <functional>
#include <future>

#include "base/database.hpp"
#include "migrations/engine/engine.hpp"

namespace dfi::migrations {

class Pace {
 public:
  /// `steps` steps that each read `bytes`.
  Pace(Supervisor& supervisor, std::uint64_t bytes, std::size_t steps)
      : supervisor_(supervisor), bytes_(bytes), steps_(steps) {}
  /// From now on it is the share `from` to `to` of this step that goes on.
  void phase(std::size_t step, double from, double to);
  /// `share` of the phase is done; never goes back. Throws what the Supervisor throws.
  void tell(double share);
  /// The same, at most every tenth of a second and without throwing: false if the Supervisor wants an end.
  bool look_in(const std::function<double()>& share) noexcept;
  /// Throws again what the Supervisor threw in look_in().
  void rethrow() const;

 private:
  Supervisor& supervisor_;
  std::uint64_t bytes_, done_ = 0;
  std::size_t steps_, step_ = 0;
  double from_ = 0, to_ = 1;
  std::chrono::steady_clock::time_point last_{};
  std::exception_ptr thrown_;
};

/// While this lives, statements of `db` let the Supervisor look in; they end with SQLITE_INTERRUPT if it throws.
/// Whoever catches that calls Pace::rethrow().
class LookIn {
 public:
  LookIn(SQLite::Database& db, Pace& pace, std::function<double()> share);
  LookIn(const LookIn&) = delete;
  LookIn& operator=(const LookIn&) = delete;
  ~LookIn();

 private:
  static int called(void* self);
  SQLite::Database& db_;
  Pace& pace_;
  std::function<double()> share_;
};

/// Waits for what another thread does. If the Supervisor throws meanwhile: `stop`, wait, throw on.
template <class Result>
Result await(std::future<Result>& work, Pace& pace, const std::function<void()>& stop) {
  while (work.wait_for(std::chrono::milliseconds(50)) != std::future_status::ready)
    if (!pace.look_in([] { return 0.5; })) {
      stop();
      work.wait();
      pace.rethrow();
    }
  return work.get();
}

}  // namespace dfi::migrations
