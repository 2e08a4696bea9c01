// SPDX-License-Identifier: Apache-2.0
// What several steps need: the release and generation of this run, the gate, services. No decisions here.
#pragma once
#include <vector>

#include "base/signature.hpp"
#include "checks/checks.hpp"
#include "core/generation.hpp"
#include "core/release.hpp"
#include "core/run.hpp"
#include "migrations/engine/engine.hpp"

namespace dfi::steps {

TrustedKeys trusted_keys(const Run& run);
/// The release that `fetch` put into the depot.
Release release_of(const Run& run);
/// Manifest of the product this run brings (from the unpacked staging directory, written by `unpack`).
Manifest target_manifest(const Run& run);
migrations::Catalogue catalogue_of(const Run& run);
/// Formats, conversions and the product's manifest into the run's staging directory, synced.
void unpack_definitions(const Run& run, const Release& release);

/// Marker of the gate in this phase, naming the run.
void set_gate(Run& run, dfi::gate::Phase phase);
/// Takes the exclusive lock of the gate unless this process has it already: after a resume a new process works.
void hold_gate(Run& run);
/// Opens the gate if this run closed it. Starts nothing.
void lift_gate(Run& run);
/// The same; systemd may start the product again, and its triggers that were active do.
void open_gate(Run& run);

/// Runs a program of the system. Throws Error process_failed with its output.
void must_run(const std::vector<std::string>& command);
/// Names of services that are running now.
Json running_services(Run& run, const std::vector<Service>& services);
void stop_services(Run& run, const std::vector<Service>& services);
/// Those whose names were noted by quiesce: this run's business; the others run on.
std::vector<Service> noted_services(const Run& run, std::vector<Service> services,
                                    const char* note = "running_services");
void start_noted_services(Run& run, const std::vector<Service>& services);
/// Of those only what does not run: after a power cut between start and open.
void start_missing_services(Run& run, std::vector<Service> services, const char* note = "running_services");
/// Note of services that run and that the run leaves alone. While its gate is closed they cannot start by themselves
/// after a power cut, so the run starts them, too.
constexpr auto untouched_services = "untouched_services";

/// Services of the active generation; nothing usable installed: empty.
std::vector<Service> current_services(const Run& run);

/// Swapped at the pivot: absolute paths of data files with a shadow of this run.
std::vector<fs::path> swaps_of(const Run& run);
void note_swaps(Run& run, const std::vector<fs::path>& paths);
/// Data files beside which this run has a directory: those it swaps, and those whose change in place it tries.
std::vector<fs::path> worked_on(const Run& run);
/// Own and changed objects of the active tree are copied to a named place before another one takes over (feature 67).
void rescue_own_objects(Run& run);
/// This run's directory beside a data file, for nobody else. Throws Error place_of_another: in a directory of the
/// product's user somebody may have laid a link or a directory of his own into its place.
void make_run_directory(const fs::path& data_file, const Run& run);
/// Removes this run's directory beside a data file, and ".dfinstall" above it if nothing else is in it.
void remove_run_directory(const fs::path& data_file, const Run& run);
void remove_run_directory(const fs::path& data_file, int run);

}  // namespace dfi::steps
