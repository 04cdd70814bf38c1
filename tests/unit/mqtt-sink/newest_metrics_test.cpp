// SPDX-License-Identifier: MIT
#include "mqtt-sink/newest_metrics.hpp"

#include "catch.hpp"
#include "matchers.hpp"

#include <regex>
#include <set>
#include <sstream>

using namespace sink;
using namespace std::chrono_literals;

namespace {

bridge::Timestamp const now{std::chrono::milliseconds(1'785'570'000'000)};

ChannelState reading(std::vector<bridge::Reading> fields, std::chrono::milliseconds age = 1s,
                     std::string channel = {}) {
    return {std::move(channel), (now - age).time_since_epoch().count(), std::move(fields)};
}

/// The lines that are not about the list itself.
std::string shown(Devices const& devices, std::size_t most = 100) {
    std::istringstream all(newest_metrics(devices, now, 1h, most));
    std::string text;
    for (std::string line; std::getline(all, line);) {
        if (line.find("not_shown") == std::string::npos) text += line + "\n";
    }
    return text;
}

}  // namespace

TEST_CASE("the newest numbers are told by base and field, with their units") {
    Devices devices;
    devices[{"mfm", "mains"}] = {
        "online",
        {reading({{"frequency_hz", 49.989999999999995},
                  {"seq", std::int64_t{7}},
                  {"state_text", std::string("x")}}),
         reading({{"frequency_hz", 50.5}, {"line_count", std::int64_t{6}}}, 1s, "10s")}};
    devices[{"mfm", "second"}] = {std::nullopt, {reading({{"frequency_hz", 50.0}})}};
    CHECK(shown(devices) ==
          "# HELP mfm_frequency_hz Newest frequency of mfm, in hertz.\n"
          "# TYPE mfm_frequency_hz gauge\n"
          "mfm_frequency_hz{base=\"mfm\",device=\"mains\"} 49.99\n"
          "mfm_frequency_hz{base=\"mfm\",device=\"mains\",channel=\"10s\"} 50.5\n"
          "mfm_frequency_hz{base=\"mfm\",device=\"second\"} 50.0\n"
          "# HELP mfm_line_count Newest line count of mfm.\n"
          "# TYPE mfm_line_count gauge\n"
          "mfm_line_count{base=\"mfm\",device=\"mains\",channel=\"10s\"} 6\n");
}

TEST_CASE("what is not known now is left out") {
    Devices devices;
    auto const state = reading({{"v", 1.0}});
    devices[{"a", "old"}] = {"online", {reading({{"v", 1.0}}, 1h + 1ms)}};
    devices[{"a", "offline"}] = {"offline", {state}};
    devices[{"lost", "one"}] = {"online", {state}};
    devices[{"lost", "bridge"}] = {"offline", {}};
    CHECK(shown(devices).empty());
    devices[{"lost", "bridge"}].availability = "online";
    CHECK(shown(devices) != "");
}

TEST_CASE("no two series are one, whatever the names are, and none is the sink's own") {
    Devices devices;
    auto const both = reading({{"b c", 1.0}, {"b_c", 2.0}, {"b.c", 3.0}});
    for (auto const* base : {"a", "a_b", "9", "x\ny", "mqtt", "mqtt_sink", "reading"}) {
        devices[{base, "d"}] = {std::nullopt, {both, reading({{"c", 1.0}, {"sink_b_c", 1.0}}, 1s, "b")}};
        devices[{base, "d\"\\\n"}] = {std::nullopt, {both}};
    }
    auto const text = shown(devices);
    std::set<std::string> series, families;
    std::istringstream lines(text);
    std::regex const form(R"re([a-zA-Z_:][a-zA-Z0-9_:]*\{([a-z]+="([^"\\]|\\[n"\\])*",?)+\} [0-9.]+)re");
    for (std::string line; std::getline(lines, line);) {
        INFO(line);
        CHECK_FALSE(line.starts_with("mqtt_sink"));
        if (line.starts_with("# TYPE ")) CHECK(families.insert(line).second);
        if (line.starts_with("#")) continue;
        CHECK(std::regex_match(line, form));
        CHECK(series.insert(line.substr(0, line.rfind(' '))).second);
    }
    CHECK(series.size() == 7 * 8);
}

TEST_CASE("more than a number of them are not shown but counted") {
    Devices devices;
    for (int i = 0; i < 10; ++i)
        devices[{"a", std::to_string(i)}] = {std::nullopt, {reading({{"v", 1.0}, {"w", 1.0}})}};
    auto const text = newest_metrics(devices, now, 1h, 15);
    CHECK_THAT(text, contains_text("\nmqtt_sink_readings_not_shown 5\n"));
    CHECK_THAT(newest_metrics(devices, now, 1h, 20), contains_text("\nmqtt_sink_readings_not_shown 0\n"));
}
