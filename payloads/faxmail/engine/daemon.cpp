// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/engine/daemon.hpp"

#include "base/gate.hpp"
#include "payloads/faxmail/config/accounts.hpp"
#include "payloads/faxmail/config/warnings.hpp"
#include "payloads/faxmail/engine/engine.hpp"
#include "payloads/faxmail/engine/notify.hpp"
#include "payloads/faxmail/engine/owner.hpp"
#include "payloads/faxmail/product/file_system.hpp"

namespace faxmail {
namespace {

constexpr std::chrono::milliseconds gate_poll{100};

/// False if the end was wished first.
bool wait_until_open(dfi::gate::Pass& pass, const Stop& stop, const Log& log) {
  if (!pass.held()) return true;
  log.say("engine.held");
  while (pass.held()) {
    if (stop.wait(gate_poll)) return false;
    notify_watchdog();
  }
  log.say("engine.opened");
  return true;
}

}  // namespace

void run_daemon(const Layout& layout, const Log& log) {
  const auto stop = Stop::on_signals();
  require_local(layout.data());
  auto pass = dfi::gate::Pass::enter(layout.data(), true);
  const auto owner = Owner::take(layout.data());
  const auto capability = Capability::read(layout);
  const auto config = Config::read(layout, capability);
  Engine engine(layout, capability, accounts_of(config, capability), settings_of(config, layout), stop, log);
  // Not needed for mails, but a release must not start beside any data file of another level.
  open_data_file(layout, capability, "FAXLGO");
  read_area(layout, capability);
  log.say("engine.started", {{"version", capability.name()}});
  for (const auto& text : warning_texts(config, log.texts())) log.say("warning.label", {{"text", text}});
  notify("READY=1");
  if (wait_until_open(pass, stop, log)) {
    if (clear_trace_flag(layout, capability)) log.say("engine.trace_cleared");
    engine.recover();
    engine.run();
  }
  notify("STOPPING=1");
  log.say("engine.stopped");
}

}  // namespace faxmail
