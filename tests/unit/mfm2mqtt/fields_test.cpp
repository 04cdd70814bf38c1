// SPDX-License-Identifier: MIT
#include "mfm2mqtt/fields.hpp"

#include "catch.hpp"

#include <algorithm>

using namespace std::chrono_literals;
using bridge::Field;

namespace {

/// How many fields of the channel a house automation shows or could show.
std::ptrdiff_t entities(bridge::FieldTable const& table, std::string_view channel) {
    return std::count_if(table.begin(), table.end(), [&](Field const& field) {
        return field.channel == channel && field.entity != Field::Entity::none;
    });
}

}  // namespace

TEST_CASE("readings faster than ten seconds reach a house automation through the channel 10s only") {
    for (auto const interval : {100ms, 1000ms, 9999ms}) {
        auto const table = mfm::fields(interval);
        CHECK(entities(table, "") == 0);
        CHECK(entities(table, "10s") == 5);
    }
}

TEST_CASE("slower readings are shown as they are, and there is no channel 10s") {
    for (auto const interval : {10'000ms, 60'000ms}) {
        auto const table = mfm::fields(interval);
        CHECK(entities(table, "") == 5);
        CHECK(std::none_of(table.begin(), table.end(),
                           [](Field const& field) { return field.channel == "10s"; }));
    }
}
