// SPDX-License-Identifier: MIT
#include "isems2mqtt/decode.hpp"

#include "catch.hpp"

#include <optional>
#include <string>

using namespace isems;
using bridge::Errc;

namespace {

// Lines of real nodes, from the collector's tests.
std::string const with_status =
    "Elektra-Dach-Neu;1;1530364575;ATmega8_A_1;711;0;18.614;18.614;14.073;100;100;28;11.67;14.086;7;20;52."
    "507309;"
    "13.458635;300";
std::string const without_status =
    "Elektra-Dach;1;1530364575;ATmega8_A_1;711;0;18.614;18.614;14.073;100;100;28;11.67;14.086;7;20;52.507309;"
    "13.458635";
std::string const third =
    "Elektra-Solar1;1;1522935107;5;480;0;22.0;18.0;13.9;95;100;23;11.7;14.1;17;50;52.507454;13.458673";
std::string const zeros = "Elektra-Dach;1;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0";

bridge::Timestamp const noon =
    std::chrono::sys_days(std::chrono::year(2026) / 8 / 1) + std::chrono::hours(12);

bridge::Result<Log> log_of(std::string const& text) { return decode_log(bridge::as_bytes(text), noon); }

/// The log, which must be one.
Log good(std::string const& text) {
    auto log = log_of(text);
    INFO(text);
    REQUIRE(log.has_value());
    return *log;
}

std::optional<bridge::Value> field(bridge::Sample const& sample, std::string const& name) {
    for (auto const& reading : sample.readings) {
        if (reading.name == name) return reading.value;
    }
    return std::nullopt;
}

/// The line with another text in one column.
std::string with(std::string const& line, std::size_t column, std::string const& text) {
    std::size_t start = 0;
    for (std::size_t i = 0; i < column; ++i) start = line.find(';', start) + 1;
    auto const end = std::min(line.find(';', start), line.size());
    return line.substr(0, start) + text + line.substr(end);
}

std::string dated(std::int64_t epoch) { return with(with_status, 2, std::to_string(epoch)); }

std::int64_t seconds(bridge::Timestamp time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace

TEST_CASE("a line of 19 fields is a reading of its node") {
    auto const log = good(with_status + "\n");
    REQUIRE(log.samples.size() == 1);
    auto const& sample = log.samples.front();
    CHECK(sample.device == "Elektra-Dach-Neu");
    CHECK(sample.channel.empty());
    CHECK(seconds(sample.time) == 1530364575);
    CHECK(sample.own_time);
    CHECK(sample.readings == std::vector<bridge::Reading>{
                                 {"name", "Elektra-Dach-Neu"},
                                 {"revision_text", "1"},
                                 {"firmware_text", "ATmega8_A_1"},
                                 {"power_saving_code", std::int64_t{0}},
                                 {"reboot_countdown", 711.0},
                                 {"open_circuit_v", 18.614},
                                 {"mpp_v", 18.614},
                                 {"battery_v", 14.073},
                                 {"battery_charge_pct", 100.0},
                                 {"battery_health_pct", 100.0},
                                 {"battery_temperature_c", 28.0},
                                 {"low_voltage_disconnect_v", 11.67},
                                 {"charge_end_v", 14.086},
                                 {"rated_battery_ah", 7.0},
                                 {"rated_panel_w", 20.0},
                                 {"latitude_deg", 52.507309},
                                 {"longitude_deg", 13.458635},
                                 {"status_code", std::int64_t{0x300}},
                                 {"status_text", "fully_charged,healthy"},
                             });
    CHECK(log.bad_fields == 0);
}

TEST_CASE("a line of 18 fields has no status and all else") {
    for (auto const& line : {without_status, third}) {
        auto const log = good(line + "\n");
        REQUIRE(log.samples.size() == 1);
        CHECK(log.samples.front().readings.size() == 17);
        CHECK_FALSE(field(log.samples.front(), "status_code"));
        CHECK(log.bad_fields == 0);
    }
}

TEST_CASE("lines may end in any way and a log keeps its order") {
    for (auto const* ends : {"\n", "\r\n", "\n\n"}) {
        auto const log = good(dated(1700000000) + ends + dated(1700000060) + ends + dated(1700000120));
        REQUIRE(log.samples.size() == 3);
        CHECK(seconds(log.samples[0].time) == 1700000000);
        CHECK(seconds(log.samples[2].time) == 1700000120);
    }
}

TEST_CASE("what is no log is told from one") {
    for (auto const* page : {"<!DOCTYPE html><html>a;b</html>", "\r\n <html>", "{\"Node-ID\": \"x\"}"}) {
        auto const log = log_of(page);
        REQUIRE_FALSE(log.has_value());
        CHECK(log.error().code == Errc::unsupported);
    }
    for (auto const* text : {"", "\r\n", "Access denied", "a;b;c", "502 Bad Gateway\n"}) {
        auto const log = log_of(text);
        REQUIRE_FALSE(log.has_value());
        CHECK(log.error().code == Errc::malformed);
    }
}

TEST_CASE("the line of zeros is no measurement") {
    for (auto const* end : {"", "\n"}) {
        auto const log = good(zeros + end);
        CHECK(log.samples.empty());
        CHECK(log.not_measured == 1);
        auto const decoded = decode(bridge::as_bytes(zeros + end), noon);
        REQUIRE_FALSE(decoded.has_value());
        CHECK(decoded.error().code == Errc::out_of_range);
    }
}

TEST_CASE("lines with a wrong date are set aside and cost no other line") {
    std::int64_t const now = seconds(noon);
    auto const log = good(dated(75) + "\n" + dated(123456789) + "\n" + dated(1400000000) + "\n" +
                          dated(now + 86400) + "\n" + dated(now - 15) + "\n" + dated(now + 60) + "\n");
    CHECK(log.wrong_clock == 4);
    REQUIRE(log.samples.size() == 2);
    CHECK(seconds(log.samples[0].time) == now - 15);
    CHECK(seconds(log.samples[1].time) == now + 60);
}

TEST_CASE("a bad field is left out and the rest of its line kept") {
    for (auto const* bad : {"nil", "nan", "-nan", "inf", "-inf", "", "12,5", "0x1F", "1e999", "12.5V"}) {
        for (std::size_t column : {4, 5, 6, 8, 9, 11, 14, 16, 17}) {
            auto const log = good(with(with_status, column, bad));
            REQUIRE(log.samples.size() == 1);
            CHECK(log.samples.front().readings.size() == 18);
            CHECK(log.bad_fields == 1);
        }
    }
}

TEST_CASE("numbers are taken however Lua writes them") {
    auto const log = good(with(with(with(with_status, 9, "99.0"), 2, "1.7e+09"), 11, "-3.25"));
    REQUIRE(log.samples.size() == 1);
    CHECK(field(log.samples.front(), "battery_charge_pct") == bridge::Value(99.0));
    CHECK(field(log.samples.front(), "battery_temperature_c") == bridge::Value(-3.25));
    CHECK(seconds(log.samples.front().time) == 1700000000);
}

TEST_CASE("what cannot be is left out and what only looks odd is kept") {
    CHECK_FALSE(field(good(with(with_status, 9, "101")).samples.at(0), "battery_charge_pct"));
    CHECK_FALSE(field(good(with(with_status, 8, "-1")).samples.at(0), "battery_v"));
    CHECK_FALSE(field(good(with(with_status, 11, "400")).samples.at(0), "battery_temperature_c"));
    CHECK(field(good(with(with_status, 10, "-17")).samples.at(0), "battery_health_pct") ==
          bridge::Value(-17.0));
    CHECK(field(good(with(with_status, 4, "-2")).samples.at(0), "reboot_countdown") == bridge::Value(-2.0));
    CHECK(field(good(with(with_status, 6, "0")).samples.at(0), "open_circuit_v") == bridge::Value(0.0));
}

TEST_CASE("what the node makes up is not a value") {
    // 0 V: there is no controller. 25.0 with this status: there is no sensor. 0/0: no position was set.
    CHECK_FALSE(field(good(with(with_status, 8, "0")).samples.at(0), "battery_v"));
    auto const no_sensor = good(with(with(with_status, 18, "120"), 11, "25.0")).samples.at(0);
    CHECK_FALSE(field(no_sensor, "battery_temperature_c"));
    auto const nowhere = good(with(with(with_status, 16, "0"), 17, "0.0")).samples.at(0);
    CHECK_FALSE(field(nowhere, "latitude_deg"));
    CHECK_FALSE(field(nowhere, "longitude_deg"));
    CHECK(field(good(with(with_status, 17, "0")).samples.at(0), "longitude_deg") == bridge::Value(0.0));
}

TEST_CASE("a status is three hex digits and becomes words") {
    auto const words = [](std::string const& status) {
        return field(good(with(with_status, 18, status) + "\n").samples.at(0), "status_text");
    };
    CHECK(words("941") == bridge::Value("charging,healthy,battery_capacity_low"));
    CHECK(words("ffe") ==
          bridge::Value(
              "charging,discharging,fully_charged,healthy,battery_low,battery_capacity_low,"
              "temperature_sensor_missing,controller_silent,battery_hot,battery_cold,upgrade_not_allowed"));
    CHECK(words("000") == bridge::Value("none"));
    for (auto const* bad : {"nil", "1300", "0x3", "-30", "3 0"}) CHECK_FALSE(words(bad));
}

TEST_CASE("a log that is cut anywhere gives no value that its node did not write") {
    auto const earlier = dated(1700000000);
    auto const last = dated(1700000060);
    auto const whole = good(earlier + "\n" + last).samples;
    REQUIRE(whole.size() == 2);
    for (std::size_t length = 0; length < last.size(); ++length) {
        auto const log = good(earlier + "\n" + last.substr(0, length));
        REQUIRE(log.samples.size() == 1);
        CHECK(log.samples.front() == whole.front());
    }
}

TEST_CASE("a single line of 18 fields that nothing ends may be cut in its position") {
    auto const sample = good(without_status).samples.at(0);
    CHECK_FALSE(field(sample, "longitude_deg"));
    CHECK_FALSE(field(sample, "latitude_deg"));
    CHECK(field(sample, "rated_panel_w") == bridge::Value(20.0));
    for (std::size_t length = 1; length < without_status.size(); ++length) {
        auto const cut = log_of(without_status.substr(0, length));
        if (!cut) continue;
        REQUIRE(cut->samples.size() == 1);
        CHECK(cut->samples.front() == sample);
    }
}

TEST_CASE("a bad line costs no neighbour") {
    auto const log = good(";1;1700000000;x;1;0;1;1;1;1;1;1;1;1;1;1;1;1;300\ngarbage\n" + dated(1700000000) +
                          "\n" + with(with_status, 2, "soon") + "\n" + without_status + ";300;1\n" +
                          std::string(129, 'x') + with_status + "\n" + dated(1700000060) + "\n");
    CHECK(log.samples.size() == 2);
    CHECK(log.damaged == 5);
}

TEST_CASE("a log may hold lines of several nodes") {
    auto const log = good(with_status + "\n" + without_status + "\n" + third + "\n");
    REQUIRE(log.samples.size() == 3);
    CHECK(log.samples[1].device == "Elektra-Dach");
    CHECK(log.samples[2].device == "Elektra-Solar1");
}
