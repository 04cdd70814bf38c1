// SPDX-License-Identifier: MIT
#pragma once

#include "fault_script.hpp"
#include "isems_node.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace devsim {

/// The faults that a solar node can show.
[[nodiscard]] std::span<CueKind const> isems_cues();

/// A script for each of `nodes` nodes from `NODES:SCRIPT;NODES:SCRIPT`, where NODES is `3`, `2-5` or `all`
/// and may be left out with its colon; what is said of a node in several places is said together.
[[nodiscard]] bridge::Result<std::vector<FaultScript>> isems_faults(std::string_view text, std::size_t nodes);

/// All that a node's web server sends on a request, then it closes. Each generation has its log elsewhere:
/// a router at `/ISEMS/ffopenmppt.log` and nothing else; an ESP32 of 2020 wherever `.log` stands in the
/// request, and of 2021 at `/csv.log`, and both have their web page at every other path.
[[nodiscard]] std::string isems_answer(NodeGeneration generation, std::string_view request,
                                       std::string_view log);
/// The page of an ESP32.
[[nodiscard]] std::string isems_web_page(std::string_view node);
/// 401, as a node or a proxy before it says it.
[[nodiscard]] std::string isems_denial();

/// The log without the end of its newest line.
[[nodiscard]] std::string torn_log(std::string log, Random& random);

/// The date that a line gets whose true date is `now`, where the script has the clock wrong. `boot`: seconds
/// since the start, `past`: from the firmware's own beginning of time, `future`: tomorrow.
[[nodiscard]] std::int64_t line_date(FaultScript const& faults, DeviceTime time, std::int64_t now);

}  // namespace devsim
