// SPDX-License-Identifier: Apache-2.0
// Work on numbered pieces by several threads, results taken in the order of their numbers. Internal to the engine.
#pragma once
#include <cstdint>
#include <functional>

namespace dfi::migrations {

/// Pieces first … end-1, each worked on in one of `slots` places (piece number modulo slots), which bounds memory.
struct InOrder {
  std::uint64_t first = 0, end = 0;
  unsigned threads = 1;
  unsigned slots = 1;
  /// On any thread: makes the piece in its slot.
  std::function<void(unsigned slot, std::uint64_t piece)> work;
  /// On the calling thread, piece after piece.
  std::function<void(unsigned slot, std::uint64_t piece)> take;
};
/// The first exception in the order of pieces comes out, whatever the threads did; no thread is left then. One thread:
/// everything on the calling one.
void run_in_order(const InOrder& job);

/// Threads for a wish (0: one a core), and slots that keep them busy; few enough for the memory that is promised.
unsigned threads_for(unsigned wish);
unsigned slots_for(unsigned threads);

}  // namespace dfi::migrations
