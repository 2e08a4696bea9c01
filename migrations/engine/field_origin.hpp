// SPDX-License-Identifier: Apache-2.0
// Where in a record the bytes stand that a key or a column is made of. Internal to the engine.
#pragma once
#include "migrations/records/program.hpp"

namespace dfi::migrations {

/// The field of a record that stands there; null: none.
const records::Field* field_at(const records::RecordFormat& format, std::size_t offset);
/// The fault as the file has it: a key, or what a value is written to, may have another name there.
records::Fault as_in_file(const records::Program& program, records::Fault fault);

/// Sets offset and length of a fault whose `field` is a target of its step: the only field of the record which that
/// comes from, whatever its name there. `row`: of the step's rows. Of what has several sources, or none, both stay 0.
void locate_origin(const records::Program& program, records::Fault& fault, std::size_t row = 0);

}  // namespace dfi::migrations
