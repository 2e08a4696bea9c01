// SPDX-License-Identifier: Apache-2.0
#include "tests/systemd/product_on_systemd.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

namespace dfi::test {
namespace {

constexpr auto service = R"([Service]
Type=notify
ExecStart=/opt/demoprod/current/bin/@NAME@ --root /
RestartPreventExitStatus=75
[Install]
WantedBy=multi-user.target
)";
constexpr auto socket_unit = "[Socket]\nListenStream=/run/demod.sock\n[Install]\nWantedBy=sockets.target\n";
constexpr auto path_unit = "[Path]\nPathExists=/run/wake-demomon\n[Install]\nWantedBy=paths.target\n";
constexpr auto services = {"demod.service", "demomon.service"};
constexpr int refused = 75;  // what a product process ends with that finds the gate closed
constexpr auto triggers = {"demod.socket", "demomon.path"};

void add_units(const fs::path& source) {
  const auto units = source / "objects/lib/host/etc/systemd/system";
  for (const std::string name : {"demod", "demomon"}) {
    write(units / (name + ".service"), service);
    replace_in(units / (name + ".service"), "@NAME@", name);
  }
  write(units / "demod.socket", socket_unit);
  write(units / "demomon.path", path_unit);
}

}  // namespace

void ProductOnSystemd::SetUp() {
  if (const auto reason = Machine::reason_to_skip(); !reason.empty()) GTEST_SKIP() << reason;
  for (const char* version : {"1.00", "1.10"}) add_units(workshop.source(version));
  machine.emplace();
  const auto keys = machine->path("/etc/opt/dfinstall/keys");
  fs::create_directories(keys);
  fs::copy_file(workshop.trusted() / "vendor.pem", keys / "vendor.pem");
}

std::string ProductOnSystemd::release(const std::string& version) {
  const auto made = workshop.release(version);
  const auto inside = "/root/" + made.filename().string();
  fs::copy_file(made, machine->path(inside), fs::copy_options::overwrite_existing);
  return inside;
}

void ProductOnSystemd::install_100() {
  ASSERT_TRUE(ended(machine->dfinstall({"update", release("1.00")})));
  execute("DEMOSTAT", "INSERT INTO DEMOSTAT(STDAT) VALUES('20200811')");
}

void ProductOnSystemd::execute(const std::string& data_file, const std::string& sql) {
  SQLite::Database database(machine->path("/var/opt/demoprod/" + data_file).string(), SQLite::OPEN_READWRITE, 5000);
  database.exec(sql);
}

void ProductOnSystemd::suspend_update() {
  spoil();
  ASSERT_TRUE(ended(machine->dfinstall({"update", release("1.10")}), 30));
}

std::string ProductOnSystemd::version() {
  return machine->dfinstall({"status"}).json().value("version", std::string("none"));
}

bool ProductOnSystemd::knock() {
  const auto connect = "exit(IO::Socket::UNIX->new(Peer => '/run/demod.sock') ? 0 : 1)";
  return machine->run({"perl", "-MIO::Socket::UNIX", "-e", connect}).exit == 0;
}

void ProductOnSystemd::touch_wake_file() { machine->run({"touch", "/run/wake-demomon"}); }

std::string ProductOnSystemd::not_back() {
  std::string wrong = machine->forbidden();
  for (const auto* list : {&services, &triggers})
    for (const char* unit : *list)
      if (!machine->active(unit)) wrong += std::string(unit) + " is " + machine->unit(unit, "ActiveState") + "\n";
  const auto status = machine->dfinstall({"status"}).json();
  if (!status["unfinished_run"].is_null() || !status["gate"].is_null()) wrong += status.dump(1);
  return wrong;
}

std::string ProductOnSystemd::not_down() {
  std::string wrong;
  for (const char* unit : services)
    if (machine->unit(unit, "MainPID") != "0") wrong += std::string(unit) + " has a process\n";
  return wrong;
}

std::string ProductOnSystemd::not_refused() {
  std::string wrong;
  for (const char* unit : services)
    if (!machine->ends_with(unit, refused))
      wrong += std::string(unit) + " ended with " + machine->unit(unit, "ExecMainStatus") + "\n";
  return wrong;
}

}  // namespace dfi::test
