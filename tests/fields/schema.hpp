// SPDX-License-Identifier: MIT
#pragma once

#include "tables.hpp"

#include <string>
#include <vector>

namespace test {

/// The channels of a table in its order, the own reading's, empty, among them.
[[nodiscard]] std::vector<std::string> channels_of(ProgramTable const& table);
/// `mfm/<device>/10s`
[[nodiscard]] std::string topic_of(ProgramTable const& table, std::string const& channel);
/// Under docs/schemas: `mfm2mqtt.json`, `mfm2mqtt.10s.json`.
[[nodiscard]] std::string schema_file(ProgramTable const& table, std::string const& channel);
/// JSON Schema, draft 7, of the readings of a channel, as they are on its topic and in its history.
[[nodiscard]] std::string readings_schema(ProgramTable const& table, std::string const& channel);

}  // namespace test
