// SPDX-License-Identifier: MIT
#include "segment.hpp"

#include <bridge/crc32.hpp>

#include <algorithm>
#include <string_view>

namespace sink {

namespace {

using bridge::Bytes;
using bridge::crc32;

constexpr std::string_view segment_magic = "MQSINBX1";
constexpr std::string_view record_magic = "MSG1";
constexpr std::size_t crc_at = 4;
constexpr std::size_t sequence_at = 8;
constexpr std::size_t received_at = 16;
constexpr std::size_t payload_size_at = 24;
constexpr std::size_t payload_kept_at = 28;
constexpr std::size_t topic_size_at = 32;
constexpr std::size_t flags_at = 34;

template <std::size_t size>
void put(std::span<std::byte> bytes, std::size_t at, std::uint64_t number) {
    for (std::size_t i = 0; i < size; ++i) bytes[at + i] = static_cast<std::byte>(number >> (8 * i) & 0xFFU);
}

template <std::size_t size>
std::uint64_t get(Bytes bytes, std::size_t at) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < size; ++i) {
        number |= std::to_integer<std::uint64_t>(bytes[at + i]) << (8 * i);
    }
    return number;
}

void put_magic(std::span<std::byte> bytes, std::string_view magic) {
    std::ranges::copy(bridge::as_bytes(magic), bytes.begin());
}

/// The intact record at the front, if there is one.
struct Front {
    std::size_t size = 0;
    Stored stored;
};

std::optional<Front> intact_record(Bytes bytes, Wanted const& wanted) {
    if (bytes.size() < record_head_size) return std::nullopt;
    if (bridge::as_text(bytes.first(record_magic.size())) != record_magic) return std::nullopt;
    auto const topic_size = static_cast<std::size_t>(get<2>(bytes, topic_size_at));
    auto const kept = static_cast<std::size_t>(get<4>(bytes, payload_kept_at));
    std::uint64_t const sequence = get<8>(bytes, sequence_at);
    if (kept > largest_payload || sequence < wanted.least || sequence > wanted.most) return std::nullopt;
    std::size_t const size = record_head_size + topic_size + kept;
    if (bytes.size() < size) return std::nullopt;
    if (crc32(bytes.subspan(sequence_at, size - sequence_at)) != get<4>(bytes, crc_at)) return std::nullopt;
    auto const text = bridge::as_text(bytes);
    return Front{size,
                 {sequence,
                  {.topic = text.substr(record_head_size, topic_size),
                   .payload = text.substr(record_head_size + topic_size, kept),
                   .payload_size = static_cast<std::size_t>(get<4>(bytes, payload_size_at)),
                   .received = bridge::Timestamp(
                       std::chrono::milliseconds(static_cast<std::int64_t>(get<8>(bytes, received_at)))),
                   .retained = get<2>(bytes, flags_at) != 0}}};
}

}  // namespace

SegmentHead encode_segment_head(std::uint64_t inbox) {
    SegmentHead head{};
    put_magic(head, segment_magic);
    put<8>(head, segment_magic.size(), inbox);
    return head;
}

std::optional<std::uint64_t> decode_segment_head(Bytes bytes) {
    if (bytes.size() < segment_head_size) return std::nullopt;
    if (bridge::as_text(bytes.first(segment_magic.size())) != segment_magic) return std::nullopt;
    return get<8>(bytes, segment_magic.size());
}

RecordHead encode_record_head(Message const& message, std::uint64_t sequence) {
    RecordHead head{};
    put_magic(head, record_magic);
    put<8>(head, sequence_at, sequence);
    put<8>(head, received_at, static_cast<std::uint64_t>(message.received.time_since_epoch().count()));
    put<4>(head, payload_size_at, message.payload_size);
    put<4>(head, payload_kept_at, message.payload.size());
    put<2>(head, topic_size_at, message.topic.size());
    put<2>(head, flags_at, message.retained ? 1 : 0);
    std::uint32_t crc = crc32(Bytes(head).subspan(sequence_at));
    crc = crc32(bridge::as_bytes(message.topic), crc);
    crc = crc32(bridge::as_bytes(message.payload), crc);
    put<4>(head, crc_at, crc);
    return head;
}

std::size_t read_records(Bytes bytes, Wanted const& wanted, Records& out) {
    std::size_t done = 0;
    Wanted next = wanted;
    while (next.count > 0 && next.least <= next.most && done < bytes.size()) {
        auto const rest = bytes.subspan(done);
        auto const front = intact_record(rest, next);
        if (!front) {
            // A record that the end of a large piece merely cuts is whole in the next piece.
            if (done > 0 && rest.size() < largest_record && bytes.size() >= largest_record) return done;
            std::size_t const skipped = find_record(rest, next);
            if (skipped == rest.size()) return done;
            out.damaged.emplace_back(bridge::as_text(rest.first(std::min(skipped, kept_of_refused))));
            done += skipped;
            continue;
        }
        out.messages.push_back(front->stored);
        done += front->size;
        next.least = front->stored.sequence + 1;
        --next.count;
    }
    return done;
}

std::size_t find_record(Bytes bytes, Wanted const& wanted) {
    auto const text = bridge::as_text(bytes);
    for (auto at = text.find(record_magic); at != std::string_view::npos;
         at = text.find(record_magic, at + 1)) {
        if (intact_record(bytes.subspan(at), wanted)) return at;
    }
    return bytes.size();
}

std::size_t damaged_at_end(Bytes bytes) {
    auto const mark = bridge::as_text(bytes.first(std::min(bytes.size(), end_mark.size())));
    if (end_mark.starts_with(mark)) return 0;
    return find_record(bytes, {.least = 0, .most = UINT64_MAX});
}

}  // namespace sink
