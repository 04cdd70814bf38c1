// SPDX-License-Identifier: MIT
#include "isems2mqtt/status.hpp"

#include "catch.hpp"

#include <bit>
#include <map>

using namespace isems;
using bridge::Severity;

namespace {

bridge::Sample with_status(std::int64_t code) { return {"roof", "", {}, {{"status_code", code}}}; }

}  // namespace

TEST_CASE("each trouble of a status holds exactly where its bit is set") {
    std::map<std::string, std::int64_t> const masks = {
        {"battery_low", 0x080},       {"battery_capacity_low", 0x040}, {"temperature_sensor_missing", 0x020},
        {"controller_silent", 0x010}, {"battery_hot", 0x008},          {"battery_cold", 0x004}};
    for (std::int64_t code = 0; code < 0x1000; ++code) {
        auto const all = conditions(with_status(code));
        REQUIRE(all.size() == masks.size());
        for (auto const& condition : all) {
            if (condition.holds != ((code & masks.at(condition.kind)) != 0)) {
                FAIL(code << " " << condition.kind);
            }
        }
    }
}

TEST_CASE("troubles have the severities of the ISEMS app and a sentence") {
    std::map<std::string, Severity> severities;
    for (auto const& condition : conditions(with_status(0))) {
        severities[condition.kind] = condition.severity;
        CHECK(condition.text.ends_with('.'));
    }
    CHECK(severities["battery_low"] == Severity::warning);
    CHECK(severities["battery_capacity_low"] == Severity::error);
    CHECK(severities["temperature_sensor_missing"] == Severity::warning);
    CHECK(severities["controller_silent"] == Severity::critical);
    CHECK(severities["battery_cold"] == Severity::warning);
}

TEST_CASE("of a node without a status no trouble is known, neither that it is there nor that it is not") {
    CHECK(conditions({"roof", "", {}, {{"battery_v", 12.0}}}).empty());
    CHECK(conditions({"roof", "", {}, {{"status_code", std::string("080")}}}).empty());
}

TEST_CASE("the bits of a status are words") {
    CHECK(status_words(0) == "none");
    CHECK(status_words(0x900) == "charging,healthy");
    CHECK(status_words(0x001) == "none");
}
