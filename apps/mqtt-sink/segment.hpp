// SPDX-License-Identifier: MIT
#pragma once

#include "message.hpp"

#include <bridge/bytes.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The bytes of an inbox file, a segment. All numbers are little endian.
///
///     file    MQSINBX1 iiiiiiii            magic, the inbox's own random number
///     record  MSG1 cccc ssssssss tttttttt  magic, CRC-32 of all that follows, sequence, received (unix ms)
///             pppp kkkk oo f0 ...          payload bytes received and kept, topic bytes, flags, topic,
///             payload
///     end     END1                         behind the last record, where the next one is going to be
///
/// Every record stands for itself: it is found and believed by magic, lengths and CRC alone, so that whatever
/// happens to a file costs only the records that it hits. A file is used again from its beginning: behind the
/// end there is what it held before, with lower sequences.
namespace sink {

constexpr std::size_t segment_head_size = 16;
constexpr std::size_t record_head_size = 36;
constexpr std::size_t largest_record = record_head_size + 65535 + largest_payload;

using SegmentHead = std::array<std::byte, segment_head_size>;
using RecordHead = std::array<std::byte, record_head_size>;

[[nodiscard]] SegmentHead encode_segment_head(std::uint64_t inbox);
constexpr std::string_view end_mark = "END1";

/// The inbox that the file belongs to; nothing if these are not the first bytes of a segment.
[[nodiscard]] std::optional<std::uint64_t> decode_segment_head(bridge::Bytes bytes);

/// What stands in front of topic and payload. At most 65,535 bytes of topic; MQTT has no longer ones.
[[nodiscard]] RecordHead encode_record_head(Message const& message, std::uint64_t sequence);

/// A message as it lies in the inbox; views the bytes it was read from.
struct Stored {
    std::uint64_t sequence = 0;
    Message message;
};

/// What came out of a piece of a segment.
struct Records {
    std::vector<Stored> messages;
    /// Bytes that are no record: one text for each run of them, cut to `kept_of_refused`.
    std::vector<std::string> damaged;
    void clear() {
        messages.clear();
        damaged.clear();
    }
};

/// Which records are wanted.
struct Wanted {
    std::uint64_t least = 1;  ///< lower sequences are no records of this place
    std::uint64_t most = 0;   ///< higher ones are not looked at: they may be half written
    std::size_t count = 0;    ///< at most so many messages
};

/// Adds the records at the front of `bytes` to `out`, in order, and says how many bytes are done with. Bytes
/// in front of an intact record that are none themselves are damaged; bytes that none follows are left, as
/// they may be the beginning of one.
[[nodiscard]] std::size_t read_records(bridge::Bytes bytes, Wanted const& wanted, Records& out);

/// Where the first intact record begins that is wanted; the size of `bytes` if there is none.
[[nodiscard]] std::size_t find_record(bridge::Bytes bytes, Wanted const& wanted);

/// How many bytes at the front are none that should be there: 0 if the end of the records is.
[[nodiscard]] std::size_t damaged_at_end(bridge::Bytes bytes);

}  // namespace sink
