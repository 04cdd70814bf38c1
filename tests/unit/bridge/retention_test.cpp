// SPDX-License-Identifier: MIT
#include <bridge/retention.hpp>

#include "catch.hpp"

using namespace bridge;
using namespace std::chrono_literals;

namespace {

FieldTable const fields = {
    {.name = "frequency_hz"},
    {.channel = "10s", .name = "frequency_hz"},
    {.channel = "parameters", .name = "version_text", .course = Field::Course::fixed},
    {.channel = "mixed", .name = "power_w"},
    {.channel = "mixed", .name = "limit_w", .course = Field::Course::fixed},
};

}  // namespace

TEST_CASE("readings of a fast device expire and are not retained, its settings stay") {
    Retention const fast{.stale_after = 2s};
    for (auto const* channel : {"", "10s", "mixed", "of no field that is known"}) {
        INFO(channel);
        CHECK_FALSE(fast.retained(fields, channel));
        CHECK(fast.expire_after(fields, channel).has_value());
    }
    CHECK(fast.retained(fields, "parameters"));
    CHECK_FALSE(fast.expire_after(fields, "parameters").has_value());
}

TEST_CASE("readings of a slow device and those that last are retained and never expire") {
    for (auto const& retention :
         {Retention{.stale_after = 5min + 1ms}, Retention{.stale_after = 3min, .lasting = true}}) {
        CHECK(retention.retained(fields, ""));
        CHECK_FALSE(retention.expire_after(fields, "").has_value());
    }
    CHECK_FALSE(Retention{.stale_after = 5min}.retained(fields, ""));
}

TEST_CASE("who asks for retained readings or for none gets that, and what is retained does not expire") {
    Retention const always{.asked = RetainReadings::always, .stale_after = 2s};
    CHECK(always.retained(fields, ""));
    CHECK_FALSE(always.expire_after(fields, "").has_value());
    Retention const never{.asked = RetainReadings::never, .stale_after = 1h};
    CHECK_FALSE(never.retained(fields, ""));
    CHECK_FALSE(never.retained(fields, "parameters"));
    // A test result of this morning is still the newest one.
    CHECK_FALSE(never.expire_after(fields, "").has_value());
}

TEST_CASE("a value expires with its device, but not before 15 s and not before three readings") {
    CHECK(Retention{.stale_after = 1900ms}.expire_after(fields, "") == 15s);
    CHECK(Retention{.stale_after = 90500ms}.expire_after(fields, "") == 91s);
    CHECK(Retention{.stale_after = 1900ms}.expire_after(fields, "10s") == 30s);
    CHECK(Retention{.stale_after = 40s}.expire_after(fields, "10s") == 40s);
    CHECK(Retention{.stale_after = 1s}.expire_after({}, "2min") == 6min);
    CHECK(Retention{.stale_after = 1s}.expire_after({}, "kh") == 15s);
}
