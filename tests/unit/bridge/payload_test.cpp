// SPDX-License-Identifier: MIT
#include <bridge/payload.hpp>

#include "catch.hpp"

#include <limits>
#include <nlohmann/json.hpp>

using namespace bridge;

namespace {

Timestamp at(std::int64_t unix_ms) { return Timestamp(std::chrono::milliseconds(unix_ms)); }

}  // namespace

TEST_CASE("a number is the shortest text that reads back the same, with a fraction") {
    using Row = std::pair<double, char const*>;
    for (auto const& [number, text] :
         {Row{227 / 10.0, "22.7"}, Row{50'013 / 1000.0, "50.013"}, Row{50.0, "50.0"}, Row{0.0, "0.0"},
          Row{-3.0, "-3.0"}, Row{0.1 + 0.2, "0.30000000000000004"}, Row{1e22, "1e+22"}, Row{1e-7, "1e-07"},
          Row{123456789.0, "123456789.0"}}) {
        CHECK(format_number(number) == text);
    }
}

TEST_CASE("every raw value of a device, scaled by dividing, shows no more digits than it has") {
    REQUIRE(format_number(-29'999 / 1000.0) == "-29.999");
    for (int raw = -30'000; raw <= 70'000; ++raw) {
        if (format_number(raw / 10.0).size() > 7) {
            FAIL(format_number(raw / 10.0));
        }
        if (format_number(raw / 1000.0).size() > 7) {
            FAIL(format_number(raw / 1000.0));
        }
    }
}

TEST_CASE("what is not a number has no text") {
    CHECK(format_number(std::numeric_limits<double>::quiet_NaN()).empty());
    CHECK(format_number(std::numeric_limits<double>::infinity()).empty());
    CHECK(format_number(-std::numeric_limits<double>::infinity()).empty());
}

TEST_CASE("a reading is one flat object with its time, its number and its values in order") {
    Sample const sample{
        "mains",
        "10s",
        at(1785570000123),
        {{"frequency_hz", 50.013}, {"alarm_code", std::int64_t{0}}, {"state_text", "on \"air\""}}};
    CHECK(
        to_json(sample, 48213) ==
        R"({"ts":1785570000123,"seq":48213,"frequency_hz":50.013,"alarm_code":0,"state_text":"on \"air\""})");
}

TEST_CASE("a value that is not a number is left out") {
    Sample const sample{
        "", "", at(1), {{"a_c", std::numeric_limits<double>::quiet_NaN()}, {"b_c", 1.5}, {"c_c", 1 / 0.0}}};
    CHECK(to_json(sample, 2) == R"({"ts":1,"seq":2,"b_c":1.5})");
}

TEST_CASE("a reading without values is still an object") {
    CHECK(to_json(Sample{}, 1) == R"({"ts":0,"seq":1})");
}

TEST_CASE("broken UTF-8 of a device becomes a mark, and the JSON stays whole") {
    CHECK(json_string("J.M\xc3\xbcller") == "\"J.M\xc3\xbcller\"");
    CHECK(json_string("a\xff z") == "\"a\xef\xbf\xbd z\"");
    for (std::string const text : {"\xc3", "\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"}) {
        auto const json = to_json({"", "", at(1), {{"name_" + text, text}}}, 1);
        CHECK_FALSE(nlohmann::json::parse(json, nullptr, false).is_discarded());
    }
}

TEST_CASE("control characters in a text are escaped") {
    CHECK(json_string(std::string_view("\0\x07\x1b\r\n\t\"\\", 8)) == R"("\u0000\u0007\u001b\r\n\t\"\\")");
}

TEST_CASE("numbers at the ends of their types survive") {
    Sample const sample{"",
                        "",
                        at(std::numeric_limits<std::int64_t>::max()),
                        {{"least", std::numeric_limits<std::int64_t>::min()},
                         {"most", std::numeric_limits<double>::max()},
                         {"small", std::numeric_limits<double>::denorm_min()}}};
    auto const json = nlohmann::json::parse(to_json(sample, std::numeric_limits<std::uint64_t>::max()));
    CHECK(json["ts"].get<std::int64_t>() == std::numeric_limits<std::int64_t>::max());
    CHECK(json["seq"].get<std::uint64_t>() == std::numeric_limits<std::uint64_t>::max());
    CHECK(json["least"].get<std::int64_t>() == std::numeric_limits<std::int64_t>::min());
    CHECK(json["most"].get<double>() == std::numeric_limits<double>::max());
    CHECK(json["small"].get<double>() == std::numeric_limits<double>::denorm_min());
}
