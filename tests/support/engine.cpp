// SPDX-License-Identifier: Apache-2.0
// The programs of the test product, one binary under several names:
//   demod, demomon  --root DIR             services: gate, READY=1, SIGTERM; demod keeps DEMOSTAT open
//   demotool        --root DIR selftest    are the data files at the levels of this release?
//   demotool        --root DIR add TEXT    a tool of the product: refused while the gate is closed
//   demo_engine     open|lock|write FILE   a stranger: keeps a file open, locked, or writes to it as to a SQLite file
// share/behaviour.txt of the release makes it fail: "fail-start", "fail-selftest". Files in the root: `stubborn`
// (SIGTERM is ignored), `busy` (demod writes to DEMOJOBS all the time).
#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <iostream>
#include <thread>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/gate.hpp"

namespace {

namespace fs = std::filesystem;
volatile sig_atomic_t asked_to_stop = 0;

struct Place {
  fs::path root, product;
  fs::path data() const { return root / "var/opt" / product.parent_path().filename(); }
  bool behaves(const char* how) const {
    return dfi::read_file_if_exists(product / "share/behaviour.txt").value_or("").find(how) != std::string::npos;
  }
};

void nap(int milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds)); }

void notify(const std::string& text) {
  const char* name = std::getenv("NOTIFY_SOCKET");
  if (!name) return;
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, name, sizeof address.sun_path - 1);
  if (*name == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(name));
  ::sendto(fd, text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&address), size);
  ::close(fd);
}

// Exit code 4 and a word on stderr if a data file is not what this release knows.
int check_levels(const Place& place) {
  for (const char* file : {"DEMOLOG", "DEMOSTAT"}) {
    SQLite::Database database((place.data() / file).string(), SQLite::OPEN_READONLY);
    const auto found = database.execAndGet("PRAGMA user_version").getString();
    const auto expected = dfi::read_file(place.product / "share/level.txt");
    if (found + "\n" == expected) continue;
    std::cerr << file << " has level " << found << ", this release knows " << expected;
    return 4;
  }
  return 0;
}

int daemon(const Place& place, bool main_service) {
  if (main_service && place.behaves("fail-start")) {
    std::cerr << "part 7 of 9 is missing\n";
    return 3;
  }
  std::unique_ptr<SQLite::Database> status, jobs;
  auto pass = dfi::gate::Pass::enter(place.data(), true);
  if (main_service) {
    if (int wrong = check_levels(place)) return wrong;
    status = std::make_unique<SQLite::Database>((place.data() / "DEMOSTAT").string(), SQLite::OPEN_READWRITE);
    status->execAndGet("SELECT count(*) FROM DEMOSTAT");
    jobs = std::make_unique<SQLite::Database>((place.data() / "DEMOJOBS").string(), SQLite::OPEN_READWRITE, 5000);
    jobs->exec("PRAGMA journal_mode = WAL");
  }
  notify("READY=1");
  while (!asked_to_stop || fs::exists(place.root / "stubborn")) {
    nap(10);
    if (!pass.held() && jobs && fs::exists(place.root / "busy"))
      jobs->exec("INSERT INTO DEMOJOBS(JBTEXT) VALUES('busy')");
  }
  return 0;
}

int tool(const Place& place, const std::string& verb, const std::string& text) {
  if (verb == "selftest") {
    if (!place.behaves("fail-selftest")) return check_levels(place);
    std::cerr << "the line of DEMO is dead\n";
    return 1;
  }
  auto pass = dfi::gate::Pass::enter(place.data(), false);
  SQLite::Database database((place.data() / "DEMOJOBS").string(), SQLite::OPEN_READWRITE, 5000);
  SQLite::Statement insert(database, "INSERT INTO DEMOJOBS(JBTEXT) VALUES(?)");
  insert.bind(1, text);
  insert.exec();
  return 0;
}

int stranger(const std::string& how, const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  std::unique_ptr<SQLite::Database> database;
  if (how == "lock") {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    ::fcntl(fd, F_SETLK, &lock);
  }
  if (how == "write") {
    database = std::make_unique<SQLite::Database>(path, SQLite::OPEN_READWRITE, 5000);
    database->exec("PRAGMA journal_mode = WAL; INSERT INTO DEMOJOBS(JBTEXT) VALUES('begun')");
  }
  std::cout << "ready" << std::endl;
  while (!asked_to_stop) {
    nap(5);
    if (database) database->exec("INSERT INTO DEMOJOBS(JBTEXT) VALUES('written')");
  }
  return 0;
}

int work(int argc, char** argv) {
  const fs::path self = argv[0];
  const auto name = self.filename().string();
  if (name == "demo_engine" && argc == 3) return stranger(argv[1], argv[2]);
  if (argc < 3 || std::string(argv[1]) != "--root") return 2;
  const Place place{argv[2], self.parent_path().parent_path()};
  if (name == "demotool") return tool(place, argc > 3 ? argv[3] : "", argc > 4 ? argv[4] : "");
  return daemon(place, name == "demod");
}

}  // namespace

int main(int argc, char** argv) {
  struct sigaction action {};
  action.sa_handler = [](int) { asked_to_stop = 1; };
  ::sigaction(SIGTERM, &action, nullptr);
  try {
    return work(argc, argv);
  } catch (const dfi::Error& e) {
    std::cerr << e.what() << '\n';
    return e.exit_code();
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
  }
}
