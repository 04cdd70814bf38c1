// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/bytes.hpp>
#include <bridge/result.hpp>
#include <bridge/sample.hpp>

#include "parameter.hpp"
#include "roles.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mastertronic {

/// One result of one test. Ordered by time, channel and value.
struct TestResult {
    bridge::Timestamp time;
    Parameter const* parameter = nullptr;  ///< never null
    double value = 0;                      ///< in the unit of the parameter's field

    [[nodiscard]] bool same_test(TestResult const& other) const {
        return time == other.time && parameter == other.parameter;
    }
    bool operator==(TestResult const&) const = default;
    [[nodiscard]] bool operator<(TestResult const& other) const;
};

/// Why a row of a table of results is none.
enum class LeftOut {
    failed,             ///< the device itself says that there is no result
    hidden,             ///< somebody has hidden it
    unknown_parameter,  ///< nothing is known of its parameter
    no_time,            ///< its time is none, or cannot be
    no_number,          ///< its value is no number
    unscaled,           ///< without its factor the number means nothing
    implausible,        ///< no aquarium has this
    contradicted,       ///< two rows of the same parameter and second differ: either may be wrong
};
constexpr std::size_t left_out_kinds = 8;
[[nodiscard]] std::string_view to_string(LeftOut reason);

/// A table as it was found.
struct FoundTable {
    std::string name;
    std::vector<std::string> columns;
    std::optional<Roles> roles;  ///< of a table of results
    std::uint64_t rows = 0;      ///< of a table of results
};

/// All that is understood of a dump.
struct Dump {
    std::vector<FoundTable> tables;
    std::vector<TestResult> results;  ///< oldest first, none twice
    std::array<std::uint64_t, left_out_kinds> left_out{};
    std::size_t bytes = 0;

    /// Whether any table holds results; unsupported if not.
    [[nodiscard]] bridge::Result<> understood() const;
};

/// Reads a dump to its end or not at all. Errors:
/// malformed     no SQLite file, a cut one or a damaged one
/// unsupported   its schema contains programs (generated columns) that are not run
/// out_of_range  it takes too long to read or has too many rows
[[nodiscard]] bridge::Result<Dump> read_dump(bridge::Bytes file, bridge::Timestamp received);

}  // namespace mastertronic
