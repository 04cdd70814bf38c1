// SPDX-License-Identifier: MIT
#pragma once

#include "record.hpp"
#include "store_reader.hpp"

namespace sink {

/// What came in lately, as `Devices` that hold nothing else: each channel's newest reading and each
/// availability said. However much comes in, it is no larger than what is there. Pure.

/// Adds it, unless a newer reading of the channel is there; one of the same time is completed.
void note(Devices& news, Measurement const& measurement);
void note(Devices& news, Availability const& availability);
/// Adds all of `later`. Empties it.
void merge(Devices& news, Devices& later);

/// Puts `later` in the place of an older reading of the same channel, or adds to one of the same time. False
/// if `state` is the newer one.
bool supersede(ChannelState& state, ChannelState&& later);

}  // namespace sink
