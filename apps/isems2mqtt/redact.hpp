// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/bytes.hpp>
#include <bridge/pseudonyms.hpp>

#include <string>

namespace isems {

/// A node's answer without what tells which node it is and where. Of a line of a log the id becomes `node-N`,
/// the position 0;0 as where none was set, and what is neither a plain number nor a version `x`: also a
/// number with more than three decimals, which only positions have, should a line be shifted. Of all else
/// that a node may answer (a web page, JSON, half a line) nothing remains but its kind.
[[nodiscard]] std::string redact(bridge::Bytes bytes, bridge::Pseudonyms& names);

}  // namespace isems
