// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/bytes.hpp>
#include <bridge/events.hpp>
#include <bridge/result.hpp>
#include <bridge/sample.hpp>

#include "equipment.hpp"
#include "field_table.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace luxtronik {

/// The controller's binary interface, TCP 8889, without a login: to each request of eight bytes one block of
/// all values of a kind. Numbers are 32 bits, big-endian, signed; one letter is one byte. (From the sources
/// of python-luxtronik, of FHEM's module and of the openHAB binding.)
///
///     request                 cccc 0000
///     3003  parameters        cccc nnnn  n * vvvv
///     3004  calculations      cccc ssss nnnn  n * vvvv
///     3005  visibilities      cccc nnnn  n * v
///     3002  write             cccc iiii
///
/// `c` the command, echoed; `n` how many values follow: it depends on the firmware and may be fewer or more
/// than any table knows, also 0; `v` a value. `s` is 0; above 0 the controller is busy (a guess: FHEM takes
/// it for "parameters were changed" and asks again 5 s later), and its values are not to be used.
///
/// A request to write is `cccc iiii vvvv` instead: index and raw value of a parameter. The answer repeats the
/// index, and is no promise that the value was taken.
constexpr std::int32_t most_values = 10'000;  ///< ours: no firmware has more than 1200

/// The request for a block.
[[nodiscard]] std::array<std::byte, 8> request(Block block);

/// The request to write a parameter, and the answer to it.
[[nodiscard]] std::array<std::byte, 12> write_request(std::uint32_t index, std::int32_t value);
using Acknowledgement = std::array<std::byte, 8>;
/// Error: malformed, it is of another parameter or of another command.
[[nodiscard]] bridge::Result<> acknowledged(Acknowledgement const& answer, std::uint32_t index);

/// How far the answer to one request has come: a block of `size`, or at least `size` bytes are needed.
struct Framed {
    bool complete;
    std::size_t size;
    bool operator==(Framed const&) const = default;
};

/// `bytes`: all that has come in answer to the request for this block. Errors:
/// malformed    not this block's command, or an impossible length: nothing of this connection can be trusted
/// unsupported  the controller is busy
[[nodiscard]] bridge::Result<Framed> frame(Block block, bridge::Bytes bytes);

/// Which fields become readings.
enum class Selection {
    named,  ///< those that have a name of ours
    all,  ///< the others too, under the controller's identifier, or `Unknown_Calculation_300` where there is
          ///< none
};

/// `bytes`: one or more whole blocks, each at most once, as one poll reads them, and nothing else; a part of
/// a block is an error and gives nothing. The sample of the device's own reading comes first, then
/// `parameters`, and with Selection::all `visibilities`; one without readings is left out. A value that its
/// type cannot have, that says "no sensor", or that this firmware or equipment does not have, is left out;
/// of the last two `equipment` knows better. Or: one frame of smart_home.hpp.
[[nodiscard]] bridge::Result<std::vector<bridge::Sample>> decode(bridge::Bytes bytes,
                                                                 bridge::Timestamp received,
                                                                 Selection selection,
                                                                 Equipment const& equipment = {});

/// As above, with Selection::named.
[[nodiscard]] bridge::Result<std::vector<bridge::Sample>> decode(bridge::Bytes bytes,
                                                                 bridge::Timestamp received);

/// The numbers at the places that the controller's community calls so, whether they have a name of ours or
/// not; those that have none now are left out. `bytes` and errors as for `decode`.
[[nodiscard]] bridge::Result<std::map<std::string, double>> numbers(
    bridge::Bytes bytes, std::vector<std::string> const& identifiers, Equipment const& equipment = {});

/// The faults and the switch-offs that the controller remembers, the newest five of each, oldest first, also
/// those of a second circuit (`switch_off_2`); their texts are the controller community's. `bytes` as for
/// `decode`. (Its lists are rings without an order.)
[[nodiscard]] bridge::Result<std::vector<bridge::Occurrence>> history(bridge::Bytes bytes);

/// What the controller says that it runs: `V3.90.1`. Nothing if it does not say, or `decode` refuses `bytes`.
struct Version {
    unsigned line = 0;  ///< of hardware: 3; 0: it does not say
    Release release;
    bool operator==(Version const&) const = default;
};
[[nodiscard]] std::optional<Version> controller_version(bridge::Bytes bytes);

/// The raw value of a parameter. `bytes`: that block alone or among others; nothing if it is too short.
[[nodiscard]] std::optional<std::int32_t> parameter(bridge::Bytes bytes, std::uint32_t index);

/// How many values each block of these has; nothing if `decode` refuses them.
struct Lengths {
    std::size_t parameters = 0;
    std::size_t calculations = 0;
    std::size_t visibilities = 0;
    bool operator==(Lengths const&) const = default;
};
[[nodiscard]] bridge::Result<Lengths> lengths(bridge::Bytes bytes);

}  // namespace luxtronik
