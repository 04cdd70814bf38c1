// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/bytes.hpp>
#include <bridge/result.hpp>
#include <bridge/sample.hpp>

#include "dump.hpp"

#include <vector>

namespace mastertronic {

/// What `GET /api/dump_file` of a Mastertronic answers: "the contents of the SQLite database". That is all
/// that is known of it; nobody has shown a dump, a table or a column. Taken here: an SQLite file
///
///     some table   record_time | parameter | value | baselined_value | multiply_factor | is_hidden | ...
///                  1785570000  | KH_VAL    | 820   | -1              | 100             | 0         |
///                  => channel kh, kh_dkh 8.2, measured at 1785570000
///
/// with columns called as in the device's other interfaces (its cloud, `POST /api/action_list`), where the
/// numbers, the factor, the -1 for "none" and the keys of the parameters have been seen. See `roles.hpp`,
/// `record_time.hpp` and `parameter.hpp` for which part is a guess, `dump.hpp` for what is left out.
///
/// What a damaged dump gives: cuts and torn pages are seen by the header and the structure check. A bit that
/// flips inside a stored number is not, as SQLite keeps no checksums; what remains plausible is taken for a
/// value. Two downloads that agree are the guard against that, see `confirmed` in `publication.hpp`.
///
/// Samples: first the device's own (`result_count`, `dump_size_bytes`; measured when it was received), then
/// all results, oldest first, each with the time of its test. Errors as `read_dump`; unsupported also if no
/// table holds results.
[[nodiscard]] bridge::Result<std::vector<bridge::Sample>> decode(bridge::Bytes bytes,
                                                                 bridge::Timestamp received);

/// The device's own reading: what its dump holds.
[[nodiscard]] bridge::Sample own_sample(Dump const& dump, bridge::Timestamp received);
[[nodiscard]] bridge::Sample to_sample(TestResult const& result);

}  // namespace mastertronic
