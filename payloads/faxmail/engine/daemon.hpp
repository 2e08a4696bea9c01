// SPDX-License-Identifier: Apache-2.0
// faxmaild in the foreground, from the gate to the last mail.
#pragma once
#include "payloads/faxmail/engine/log.hpp"

namespace faxmail {

/// Returns after SIGTERM. Throws Error gate_closed, mail_engine_running, mail_level_wrong, mail_config_… before any
/// work. While dfinstall tests a new release (gate held) the engine starts, reports READY=1 and takes no work.
void run_daemon(const Layout& layout, const Log& log);

}  // namespace faxmail
