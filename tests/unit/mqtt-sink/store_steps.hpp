// SPDX-License-Identifier: MIT
// What several tests do with a store.
#pragma once

#include "mqtt-sink/store.hpp"

#include "catch.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace test {

constexpr std::uint64_t inbox_id = 77;

inline sink::Store open_store(std::string const& path) {
    auto store = sink::Store::open(path);
    INFO((store ? "" : store.error().detail));
    REQUIRE(store.has_value());
    return std::move(*store);
}

inline sink::Measurement measurement(std::string_view base, std::string_view device, std::int64_t ts,
                                     std::vector<bridge::Reading> readings, std::string_view channel = {}) {
    return {base, device, channel, bridge::Timestamp(std::chrono::milliseconds(ts)), std::move(readings)};
}

/// One transaction of its own.
inline void write(sink::Store& store, sink::Measurement const& measured, std::uint64_t sequence = 1) {
    REQUIRE(store.begin().has_value());
    auto const written = store.write(measured);
    REQUIRE(written.has_value());
    CHECK_FALSE(written->has_value());
    REQUIRE(store.commit(inbox_id, sequence).has_value());
}

inline std::uint64_t committed(sink::Store& store, std::uint64_t inbox) {
    auto const sequence = store.committed(inbox);
    REQUIRE(sequence.has_value());
    return *sequence;
}

/// What the sink's users see, as `field=value` or `field='text'`.
inline std::vector<std::string> ask(std::string const& path, std::string const& sql) {
    auto connection = sink::Connection::open(path, sink::Connection::Access::read_only);
    REQUIRE(connection.has_value());
    auto rows = connection->prepare(sql);
    INFO(sql << (rows ? "" : rows.error().detail));
    REQUIRE(rows.has_value());
    std::vector<std::string> found;
    for (;;) {
        auto const row = rows->step();
        REQUIRE(row.has_value());
        if (!*row) return found;
        std::string line;
        for (int column = 0; column < rows->columns(); ++column) {
            line += fmt::format("{}{}", column == 0 ? "" : "|", rows->text(column));
        }
        found.push_back(line);
    }
}

using Lines = std::vector<std::string>;

}  // namespace test
