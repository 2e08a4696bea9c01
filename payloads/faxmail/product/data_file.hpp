// SPDX-License-Identifier: Apache-2.0
// The only door to the product's data files: a file of another format level than the release names is never opened
// for work, so an engine can neither misread nor damage data which a conversion has not yet (or already) changed.
#pragma once
#include "base/database.hpp"
#include "payloads/faxmail/product/capability.hpp"
#include "payloads/faxmail/product/layout.hpp"

namespace faxmail {

/// FAXDTAARA is 2000 bytes of text; the format levels of areas are told apart by their length.
constexpr std::size_t area_length = 2000;

/// Opens FAXKA, FAXSTAT or FAXLGO. Throws Error mail_data_missing or mail_level_wrong. Without permission to write the
/// file is opened for reading.
SQLite::Database open_data_file(const Layout& layout, const Capability& capability, const std::string& name);

/// The content of FAXDTAARA. Throws Error mail_data_missing or mail_area_length.
std::string read_area(const Layout& layout, const Capability& capability);

/// Position 222 of FAXDTAARA: 'M' = mails are traced.
char trace_flag(const Layout& layout, const Capability& capability);

/// Changes this position and nothing else.
void set_trace_flag(const Layout& layout, const Capability& capability, char flag);

/// Throws unless the configuration's level is the release's. `found` is its format_level, "-" if it has none.
void require_config_level(const Layout& layout, const Capability& capability, const std::string& found);

/// Blanks position 222 of FAXDTAARA, the trace flag: a trace never outlives a start. True if it was set.
bool clear_trace_flag(const Layout& layout, const Capability& capability);

}  // namespace faxmail
