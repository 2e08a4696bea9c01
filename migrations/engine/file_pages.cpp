// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/file_pages.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <csignal>

namespace dfi::migrations {
namespace {

const auto page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));

/// Pages of a file, and whether the kernel lost one of them: it reports that by SIGBUS on the thread that touches it.
class Pages {
 public:
  Pages(int fd, std::uint64_t offset, std::size_t length)
      : start_(::mmap(nullptr, length, PROT_READ, MAP_SHARED, fd, static_cast<off_t>(offset))), length_(length) {
    touched_now = this;
  }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  ~Pages() {
    touched_now = nullptr;
    if (start_ != MAP_FAILED) ::munmap(start_, length_);
  }

  /// All at once, and with an error where one cannot be had. Kernels before 5.14 do not know it.
  bool load() { return start_ != MAP_FAILED && ::madvise(start_, length_, MADV_POPULATE_READ) == 0; }
  const char* bytes() const { return static_cast<const char*>(start_); }
  bool lost() const { return lost_ != 0; }

  static bool handle_loss() {
    struct sigaction action {};
    action.sa_sigaction = on_bus_error;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    return ::sigaction(SIGBUS, &action, nullptr) == 0;
  }

 private:
  // Any other SIGBUS ends the process, as it does without this handler.
  static void on_bus_error(int, siginfo_t* signal, void*) {
    if (touched_now && touched_now->replace(reinterpret_cast<std::uintptr_t>(signal->si_addr))) return;
    ::signal(SIGBUS, SIG_DFL);
    ::raise(SIGBUS);
  }

  /// Puts a page of zeros there, so that the thread goes on.
  bool replace(std::uintptr_t at) {
    const auto start = reinterpret_cast<std::uintptr_t>(start_);
    if (at < start || at >= start + length_) return false;
    lost_ = 1;
    auto* const page = reinterpret_cast<void*>(at / page_bytes * page_bytes);
    return ::mmap(page, page_bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
  }

  static constinit thread_local Pages* volatile touched_now;
  void* start_;
  std::size_t length_;
  volatile std::sig_atomic_t lost_ = 0;
};
constinit thread_local Pages* volatile Pages::touched_now = nullptr;

}  // namespace

bool see_pages(int fd, std::uint64_t offset, std::size_t length, const std::function<void(std::string_view)>& take) {
  static const bool handled = Pages::handle_loss();
  const auto before = offset % page_bytes;
  Pages pages(fd, offset - before, length + before);
  if (!handled || !pages.load()) return false;
  take({pages.bytes() + before, length});
  return !pages.lost();
}

}  // namespace dfi::migrations
