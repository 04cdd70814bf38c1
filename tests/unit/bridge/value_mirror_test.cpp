// SPDX-License-Identifier: MIT
#include <bridge/value_mirror.hpp>

#include "catch.hpp"

#include <cmath>

using namespace bridge;

namespace {

std::optional<Announcement> place(Sample const& sample, Reading const& reading) {
    auto value = plain_value(reading.value);
    if (!value) return std::nullopt;
    return Announcement{ValueTopic{sample.device, sample.channel, reading.name}.under("m"), *value};
}

Sample sample(std::string channel, std::vector<Reading> readings) {
    return {.device = "a", .channel = std::move(channel), .time = {}, .readings = std::move(readings)};
}

using Announcements = std::vector<Announcement>;

}  // namespace

TEST_CASE("each value of a reading has a topic of its own") {
    ValueMirror mirror(place);
    CHECK(mirror.show(
              sample("", {{"power_w", 2.5}, {"on", std::int64_t{1}}, {"mode_text", std::string("off")}})) ==
          Announcements{{"m/a/value/power_w", "2.5"}, {"m/a/value/on", "1"}, {"m/a/value/mode_text", "off"}});
    CHECK(mirror.show(sample("kh", {{"kh_dkh", 7.0}})) == Announcements{{"m/a/value/kh/kh_dkh", "7.0"}});
}

TEST_CASE("a value that the newest reading of its channel lacks is taken back, once") {
    ValueMirror mirror(place);
    (void)mirror.show(sample("", {{"power_w", 2.5}, {"flow_l_h", 3.5}}));
    (void)mirror.show(sample("kh", {{"kh_dkh", 7.0}}));
    CHECK(mirror.show(sample("", {{"power_w", 2.5}})) ==
          Announcements{{"m/a/value/power_w", "2.5"}, {"m/a/value/flow_l_h", ""}});
    CHECK(mirror.show(sample("", {{"power_w", 2.5}})) == Announcements{{"m/a/value/power_w", "2.5"}});
    // No number is not 0.
    CHECK(mirror.show(sample("", {{"power_w", std::nan("")}})) == Announcements{{"m/a/value/power_w", ""}});
    CHECK(mirror.show(sample("", {})).empty());
}

TEST_CASE("what an earlier run left is taken back by the first reading that lacks it") {
    ValueMirror mirror(place);
    mirror.note("a", "", "m/a/value/power_w");
    mirror.note("a", "", "m/a/value/flow_l_h");
    mirror.note("a", "kh", "m/a/value/kh/kh_dkh");
    CHECK(mirror.show(sample("", {{"power_w", 1.0}})) ==
          Announcements{{"m/a/value/power_w", "1.0"}, {"m/a/value/flow_l_h", ""}});
}

TEST_CASE("a value's topic is read as it is written") {
    auto const read = ValueTopic::read("home/m", "home/m/a/value/kh/kh_dkh");
    REQUIRE(read.has_value());
    CHECK(read->device == "a");
    CHECK(read->channel == "kh");
    CHECK(read->field == "kh_dkh");
    CHECK(read->under("home/m") == "home/m/a/value/kh/kh_dkh");
    CHECK(ValueTopic::read("m", "m/a/value/power_w")->channel.empty());
    for (auto const* topic : {"m/a/value", "m/a", "m/a/history/kh", "m/a/value/b/c/d", "n/a/value/b", "m"}) {
        INFO(topic);
        CHECK_FALSE(ValueTopic::read("m", topic).has_value());
    }
}
