// SPDX-License-Identifier: Apache-2.0
// The ways by which systemd starts the product while a run works: sockets, timers and paths that trigger its services,
// and the services themselves. They are forbidden with the gate and allowed again before anything is started; only
// what was active before comes back. What is forbidden is noted before it is done, so a killed run leaves no unit
// behind that nobody knows of. With the direct driver nothing of this exists.
#pragma once
#include <vector>

#include "core/run.hpp"

namespace dfi::steps {

/// "faxmaild.service" for the host object etc/systemd/system/faxmaild.service, also sockets, timers and paths; empty
/// for any other.
std::string unit_of(const std::string& host_object);
/// Stops and disables units whose files go. They are allowed before: what is forbidden cannot be disabled, and nobody
/// would allow it again once no release names it. What runs of the product is kept out by the gate's marker.
void dismiss_units(Run& run, const std::vector<std::string>& units);
/// Notes which triggers of these services are active; the first note counts. True if there are any.
bool note_triggers(Run& run, const std::vector<Service>& services);
/// After a first installation every enabled one is to be started.
void note_all_triggers(Run& run, const std::vector<Service>& services);
/// None of them is to be started: the first installation they came with is taken back.
void forget_triggers(Run& run);
/// Stops the noted triggers and forbids them.
void forbid_triggers(Run& run);
/// Forbids these services too: they are stopped by now, nothing starts them.
void forbid_services(Run& run, const std::vector<Service>& services);
/// A reboot forgets what was forbidden, and its sockets listen again; so every `resume` of a run whose gate is closed
/// forbids anew.
void forbid_again(Run& run);
void allow_units(Run& run);
/// True if a socket that was active before is down: a run was killed between stopping it and stopping its service.
bool sockets_down(Run& run, const std::vector<Service>& services);
/// The sockets that were active before the run, before the services: a socket whose service runs already does not
/// start.
void start_sockets(Run& run);
/// All triggers that were active before the run; the gate is open.
void start_triggers(Run& run);

}  // namespace dfi::steps
