// SPDX-License-Identifier: MIT
#include "mqtt-sink/record.hpp"
#include "mqtt-sink/topic.hpp"

#include "catch.hpp"

#include <fmt/format.h>
#include <string>

using namespace sink;
using bridge::Reading;
using std::string;

namespace {

constexpr std::int64_t received_ms = 1'785'570'000'500;
constexpr std::string_view ts = R"("ts":1785570000123)";

Record record_of(std::string_view topic, std::string_view payload, bool retained = false) {
    return to_record({.topic = topic,
                      .payload = payload,
                      .payload_size = payload.size(),
                      .received = bridge::Timestamp(std::chrono::milliseconds(received_ms)),
                      .retained = retained});
}

std::vector<Reading> readings_of(std::string_view payload) {
    auto const record = record_of("mfm/mains", payload);
    auto const* measurement = std::get_if<Measurement>(&record);
    return measurement == nullptr ? std::vector<Reading>{} : measurement->readings;
}

std::string reason_of(std::string_view topic, std::string_view payload) {
    auto const record = record_of(topic, payload);
    auto const* refusal = std::get_if<Refusal>(&record);
    return refusal == nullptr ? "" : string(to_string(refusal->reason));
}

std::int64_t time_of(Record const& record) {
    return std::get<Measurement>(record).time.time_since_epoch().count();
}

string object(std::string_view members) { return fmt::format("{{{},{}}}", ts, members); }

}  // namespace

TEST_CASE("a reading becomes a row of its device and channel at its own time") {
    auto const record = record_of("mfm/mains/10s", R"({"ts":1785570000123,"seq":7,"frequency_hz":50.013})");
    auto const& measurement = std::get<Measurement>(record);
    CHECK(measurement.base == "mfm");
    CHECK(measurement.device == "mains");
    CHECK(measurement.channel == "10s");
    CHECK(time_of(record) == 1'785'570'000'123);
    CHECK(measurement.readings == std::vector<Reading>{{"seq", std::int64_t{7}}, {"frequency_hz", 50.013}});
}

TEST_CASE("a value keeps its kind and objects are flattened") {
    struct Case {
        string members;
        std::vector<Reading> readings;
    };
    std::vector<Case> const cases = {
        {R"("a":1)", {{"a", std::int64_t{1}}}},
        {R"("a":-1)", {{"a", std::int64_t{-1}}}},
        {R"("a":1.0)", {{"a", 1.0}}},
        {R"("a":"1")", {{"a", string("1")}}},
        {R"("a":"")", {{"a", string()}}},
        {R"("a":true,"b":false)", {{"a", std::int64_t{1}}, {"b", std::int64_t{0}}}},
        {R"("a":null,"b":2)", {{"b", std::int64_t{2}}}},
        {R"("a":{"b":{"c":1},"d":2},"e":3)",
         {{"a_b_c", std::int64_t{1}}, {"a_d", std::int64_t{2}}, {"e", std::int64_t{3}}}},
        {R"("a":{"ts":1})", {{"a_ts", std::int64_t{1}}}},
        {R"("a":1,"b":2,"a":3)", {{"a", std::int64_t{3}}, {"b", std::int64_t{2}}}},
        {R"("a":1,"b":2,"a":null)", {{"b", std::int64_t{2}}}},
        {R"("a_b":1,"a":{"b":2})", {{"a_b", std::int64_t{2}}}},
        {R"("a":9223372036854775807)", {{"a", std::int64_t{9223372036854775807}}}},
        {R"("a":9223372036854775808)", {{"a", 9223372036854775808.0}}},
        {R"("a":-99999999999999999999)", {{"a", -99999999999999999999.0}}},
        {R"("a":1e-400)", {{"a", 0.0}}},
        {R"("a \"b\"":1)", {{R"(a "b")", std::int64_t{1}}}},
        {R"("a":"J.M\u00fcller")", {{"a", string("J.M\xc3\xbcller")}}},
    };
    for (auto const& [members, readings] : cases) {
        INFO(members);
        CHECK(readings_of(object(members)) == readings);
    }
}

TEST_CASE("what is no reading is refused with its reason") {
    string deep_topic = "mfm";
    for (int level = 1; level < 60; ++level) deep_topic += "/l";
    string nested = "1";
    for (int level = 0; level < 20; ++level) nested = R"({"n":)" + nested + "}";
    string many;
    for (int field = 0; field < 1901; ++field)
        many += fmt::format("{}\"f{}\":1", field == 0 ? "" : ",", field);
    struct Case {
        string topic, payload, reason;
    };
    std::vector<Case> const cases = {
        {"mfm/mains", "", "empty"},
        {"mfm/mains/availability", "", "empty"},
        {"mfm/mains", "[1,2,3]", "array"},
        {"mfm/mains", object(R"("a":[1])"), "array"},
        {"mfm/mains", object(R"("a":")" + string(300 * 1024, 'x') + "\""), "too_large"},
        {"mfm/mains", object("\"a\":\"\xc3\x28\xff\""), "utf8"},
        {"mfm/\xff", object(R"("a":1)"), "utf8"},
        {"mfm/mains", R"({"ts":"x"})", "timestamp"},
        {"mfm/mains", R"({"ts":"x","a":1})", "timestamp"},
        {"mfm/mains", R"({"ts":1785570000123.0,"a":1})", "timestamp"},
        {"mfm/mains", R"({"ts":null,"a":1})", "timestamp"},
        {"mfm/mains", R"({"ts":true,"a":1})", "timestamp"},
        {"mfm/mains", R"({"ts":{},"a":1})", "timestamp"},
        {"mfm/mains", R"({"ts":1785570000,"a":1})", "timestamp"},
        {"mfm/mains", R"({"ts":946684799999,"a":1})", "timestamp"},
        {"mfm/mains", R"({"ts":4102444800000,"a":1})", "timestamp"},
        {"mfm/mains", R"({"ts":18446744073709551615,"a":1})", "timestamp"},
        {"mfm/mains", object(R"("a":)" + string(400, '9')), "number"},
        {"mfm/mains", object(R"("a":1e400)"), "number"},
        {deep_topic, object(R"("a":1)"), "topic"},
        {"mfm//mains", object(R"("a":1)"), "topic"},
        {"mfm/mains", object(R"("a":)" + nested), "nesting"},
        {"mfm/mains", object(R"("":1)"), "field_name"},
        {"mfm/mains", object(R"("a\u0000b":1)"), "field_name"},
        {"mfm/mains", object("\"" + string(201, 'x') + "\":1"), "field_name"},
        {"mfm/mains", object(many), "too_many_fields"},
        {"mfm/mains", fmt::format("{{{}}}", ts), "no_fields"},
        {"mfm/mains", "{}", "no_fields"},
        {"mfm/mains", "null", "no_fields"},
        {"mfm/mains", "hello", "not_json"},
        {"mfm/mains", object(R"("a":NaN)"), "not_json"},
        {"mfm/mains", object(R"("a":1)") + "x", "not_json"},
        {"mfm/mains", R"({"ts":1785570000123,"a":1)", "not_json"},
        {"mfm/mains", object(R"("a":"\ud800")"), "not_json"},
        {"mfm/mains/availability", "maybe", "availability"},
    };
    for (auto const& [topic, payload, reason] : cases) {
        INFO(payload.substr(0, 100));
        CHECK(reason_of(topic, payload) == reason);
    }
}

TEST_CASE("the limits themselves are allowed") {
    CHECK(readings_of(R"({"ts":946684800000,"a":1})").size() == 1);
    CHECK(readings_of(R"({"ts":4102444799999,"a":1})").size() == 1);
    string payload = object(R"("a":")");
    payload = payload.substr(0, payload.size() - 1);
    payload += string(largest_payload - payload.size() - 2, 'x') + "\"}";
    REQUIRE(payload.size() == largest_payload);
    CHECK(readings_of(payload).size() == 1);
}

TEST_CASE("what bears no time is of the time of receipt, but not if the broker kept it") {
    CHECK(time_of(record_of("shelly/kitchen/power", "21.5")) == received_ms);
    CHECK(time_of(record_of("shelly/kitchen", R"({"power":3})")) == received_ms);
    CHECK(std::holds_alternative<Ignored>(record_of("shelly/kitchen/power", "21.5", true)));
    CHECK(std::holds_alternative<Ignored>(record_of("shelly/kitchen", R"({"power":3})", true)));
    CHECK(time_of(record_of("mfm/mains", object(R"("a":1)"), true)) == 1'785'570'000'123);
}

TEST_CASE("a single value is the field value") {
    CHECK(readings_of("21.5") == std::vector<Reading>{{"value", 21.5}});
    CHECK(readings_of(" 21 ") == std::vector<Reading>{{"value", std::int64_t{21}}});
    CHECK(readings_of("true") == std::vector<Reading>{{"value", std::int64_t{1}}});
    CHECK(readings_of(R"("on")") == std::vector<Reading>{{"value", string("on")}});
}

TEST_CASE("a bridge is online or offline, or says it in a way that is not ours") {
    auto const record = record_of("mfm/bridge/state", "offline", true);
    auto const& state = std::get<Availability>(record);
    CHECK(state.base == "mfm");
    CHECK(state.device == bridge_device);
    CHECK_FALSE(state.online);
    CHECK(std::get<Availability>(record_of("mfm/bridge/state", "online")).online);
    for (auto const* foreign : {R"({"state":"online"})", "", "Online"})
        CHECK(std::holds_alternative<Ignored>(record_of("zigbee2mqtt/bridge/state", foreign)));
}

TEST_CASE("availability is online or offline") {
    auto const record = record_of("mfm/mains/availability", "offline", true);
    auto const& availability = std::get<Availability>(record);
    CHECK(availability.base == "mfm");
    CHECK(availability.device == "mains");
    CHECK_FALSE(availability.online);
    CHECK(std::get<Availability>(record_of("mfm/mains/availability", "online")).online);
}
