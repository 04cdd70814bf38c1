// SPDX-License-Identifier: MIT
// What the tests of rollups and retention do with a store's file, beside the store.
#pragma once

#include "mqtt-sink/rollup_levels.hpp"
#include "mqtt-sink/rollups.hpp"

#include "store_steps.hpp"

#include <string>
#include <vector>

namespace test {

constexpr std::int64_t august = 1'785'542'400'000;  ///< 2026-08-01

inline sink::Connection connect(std::string const& path) {
    auto connection = sink::Connection::open(path, sink::Connection::Access::read_write);
    REQUIRE(connection.has_value());
    return std::move(*connection);
}

inline void execute(sink::Connection& connection, std::string const& sql) {
    auto const done = connection.execute(sql);
    INFO(sql << (done ? "" : ": " + done.error().detail));
    REQUIRE(done.has_value());
}

inline std::int64_t number(sink::Connection& connection, std::string const& sql) {
    auto const found = connection.number(sql);
    INFO(sql << (found ? "" : ": " + found.error().detail));
    REQUIRE(found.has_value());
    return *found;
}

inline void run_unit(sink::Connection& connection, sink::Rollups& rollups) {
    auto const done = rollups.unit(connection);
    INFO((done ? "" : done.error().detail));
    REQUIRE(done.has_value());
}

/// Brings the rollups up to date, whatever an earlier run left.
inline void roll_up(sink::Connection& connection) {
    sink::Rollups rollups;
    execute(connection, "BEGIN IMMEDIATE");
    for (;;) {
        auto const waiting = sink::Rollups::waiting(connection);
        REQUIRE(waiting.has_value());
        if (*waiting == 0 && !rollups.busy()) break;
        run_unit(connection, rollups);
    }
    execute(connection, "COMMIT");
}

inline std::vector<std::string> all_rollups(std::string const& path) {
    std::vector<std::string> all;
    for (auto const* table : {"rollup_1m", "rollup_1h", "rollup_1d", "dense_hours"}) {
        all.emplace_back(table);
        for (auto& line : ask(path, fmt::format("SELECT * FROM {}", table))) all.push_back(std::move(line));
    }
    return all;
}

}  // namespace test
