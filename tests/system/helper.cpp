// SPDX-License-Identifier: Apache-2.0
// A process that holds a file in exactly one way, or behaves as a service in one way. Holders say "ready" on stdout and
// stay until stdin closes, so none outlives its test.
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/database.hpp"

namespace {

using Arguments = std::vector<std::string>;

int fail(const char* what) {
  std::perror(what);
  return 1;
}

int stay() {
  std::puts("ready");
  std::fflush(stdout);
  char byte;
  while (::read(0, &byte, 1) > 0) {
  }
  return 0;
}

int lock_range(const Arguments& a, int command) {
  const bool write = a[1] == "write";
  const int fd = ::open(a[0].c_str(), O_RDWR);
  struct flock lock {};
  lock.l_type = static_cast<short>(write ? F_WRLCK : F_RDLCK);
  return fd < 0 || ::fcntl(fd, command, &lock) != 0 ? fail("lock") : stay();
}

int lock_whole(const Arguments& a) {
  const int fd = ::open(a[0].c_str(), O_RDONLY);
  return fd < 0 || ::flock(fd, LOCK_EX) != 0 ? fail("flock") : stay();
}

int lease(const Arguments& a) {
  const int fd = ::open(a[0].c_str(), O_RDONLY);
  return fd < 0 || ::fcntl(fd, F_SETLEASE, F_RDLCK) != 0 ? fail("lease") : stay();
}

int hold_open(const Arguments& a) { return ::open(a[0].c_str(), O_RDONLY) < 0 ? fail("open") : stay(); }

int map_and_close(const Arguments& a) {
  const int fd = ::open(a[0].c_str(), O_RDONLY);
  if (fd < 0 || ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED) return fail("mmap");
  ::close(fd);
  return stay();
}

int connect_database(const Arguments& a) {
  auto database = dfi::open_database(a[0], dfi::Access::read_write);
  database.exec("PRAGMA journal_mode=" + a[1]);
  SQLite::Statement(database, "SELECT count(*) FROM T").executeStep();
  if (a.size() > 2) database.exec(a[2]);
  return stay();
}

int take_name(const Arguments& a) { return ::prctl(PR_SET_NAME, a[0].c_str()) != 0 ? fail("prctl") : stay(); }
int work_in(const Arguments& a) { return ::chdir(a[0].c_str()) != 0 ? fail("chdir") : stay(); }

void notify(const char* text) {
  const char* address = std::getenv("NOTIFY_SOCKET");
  if (!address) return;
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  const auto length = std::strlen(address);
  std::memcpy(name.sun_path, address, length);
  if (name.sun_path[0] == '@') name.sun_path[0] = '\0';
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  ::sendto(fd, text, std::strlen(text), 0, reinterpret_cast<const sockaddr*>(&name),
           static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length));
  ::close(fd);
}

int serve(const Arguments& a) {
  const auto& manner = a[0];
  std::printf("service starts: %s\n", manner.c_str());
  std::fflush(stdout);
  if (manner == "dies") {
    std::fputs("FAXKA is damaged\n", stderr);
    return 3;
  }
  sigset_t term;
  ::sigemptyset(&term);
  ::sigaddset(&term, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &term, nullptr);
  notify("STATUS=opening files");
  if (manner != "mute") notify("STATUS=open\nREADY=1\n");
  int signal = 0;
  do ::sigwait(&term, &signal);
  while (manner == "stubborn");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  static const std::map<std::string, std::function<int(const Arguments&)>> modes{
      {"posix", [](const Arguments& a) { return lock_range(a, F_SETLK); }},
      {"ofd", [](const Arguments& a) { return lock_range(a, F_OFD_SETLK); }},
      {"flock", lock_whole},
      {"lease", lease},
      {"open", hold_open},
      {"map", map_and_close},
      {"sqlite", connect_database},
      {"name", take_name},
      {"cwd", work_in},
      {"run", [](const Arguments&) { return stay(); }},
      {"serve", serve},
  };
  return argc < 2 ? 2 : modes.at(argv[1])(Arguments(argv + 2, argv + argc));
}
