// SPDX-License-Identifier: MIT
#include "isems2mqtt/redact.hpp"
#include "isems2mqtt/decode.hpp"

#include "catch.hpp"

#include <string>
#include <vector>

using isems::redact;

namespace {

constexpr bridge::Timestamp received{std::chrono::milliseconds(1'785'570'000'000)};

std::string redacted(std::string const& bytes) {
    bridge::Pseudonyms names;
    return redact(bridge::as_bytes(bytes), names);
}

/// Samples without what a redaction takes.
std::vector<bridge::Sample> harmless(std::string const& bytes) {
    auto samples = isems::decode(bridge::as_bytes(bytes), received);
    REQUIRE(samples.has_value());
    for (auto& sample : *samples) {
        sample.device.clear();
        std::erase_if(sample.readings, [](bridge::Reading const& reading) {
            return reading.name == "name" || reading.name == "latitude_deg" ||
                   reading.name == "longitude_deg";
        });
    }
    return *samples;
}

std::string const with_status =
    "Geheim-Hof;1;1530364575;ATmega8_A_1;711;0;18.614;18.614;14.073;100;100;28;11.67;14.086;7;20;52.507309;"
    "13.458635;300";
std::string const without_status =
    "Andere Scheune;1;1530364590;5;711;0;18.614;-1;14.073;100;100;28;11.67;14.086;7;20;52.507309;13.458635";

}  // namespace

TEST_CASE("a redacted log decodes to the same readings but for names and positions") {
    auto const log = with_status + "\r\n" + without_status + "\n" + "Geheim-Hof;1;15303\n" + with_status;
    auto const shown = redacted(log);
    CHECK(harmless(shown) == harmless(log));
    for (auto const* canary : {"Geheim", "Scheune", "52.50", "13.45"}) {
        INFO(canary);
        CHECK(shown.find(canary) == std::string::npos);
    }
    auto const nodes = isems::decode(bridge::as_bytes(shown), received);
    REQUIRE(nodes.has_value());
    CHECK(nodes->at(0).device == "node-1");
    CHECK(nodes->at(1).device == "node-2");
    CHECK(nodes->at(2).device == "node-1");
}

TEST_CASE("a position is not shown, however coarse it is") {
    auto const shown = redacted(
        "a;1;1530364575;5;711;0;18.6;18.6;14.0;100;100;28;11.6;14.0;7;20;52.5;13.4\n"
        "a;1;1530364590;5;711;0;18.6;18.6;14.0;100;100;28;11.6;14.0;7;20;-33;151;300\n");
    for (auto const* canary : {"52.5", "13.4", "-33", "151"}) {
        INFO(canary);
        CHECK(shown.find(canary) == std::string::npos);
    }
}

TEST_CASE("a node keeps its stand-in from answer to answer") {
    bridge::Pseudonyms names;
    auto const first = redact(bridge::as_bytes(with_status), names);
    CHECK(redact(bridge::as_bytes(without_status), names).starts_with("node-2;"));
    CHECK(redact(bridge::as_bytes(with_status), names) == first);
}

TEST_CASE("of what is no whole line of a log nothing remains but its kind") {
    for (std::string const text :
         {"<html>Geheim-Hof 52.507309</html>", R"({"Node-ID":"Geheim-Hof"})", "Geheim-Hof denied",
          "Geheim-Hof;1;1530364575;ATmega", "\r\n <p>Geheim-Hof"}) {
        INFO(text);
        auto const shown = redacted(text);
        CHECK(shown.find("Geheim") == std::string::npos);
        CHECK(shown.find("52.5") == std::string::npos);
        auto const before = isems::decode_log(bridge::as_bytes(text), received);
        auto const after = isems::decode_log(bridge::as_bytes(shown), received);
        REQUIRE(before.has_value() == after.has_value());
        if (!before) CHECK(before.error().code == after.error().code);
    }
}

TEST_CASE("a version is what versions look like") {
    auto const version = [](std::string const& text) {
        auto const line =
            "a;1;1530364575;" + text +
            ";711;0;18.614;18.614;14.073;100;100;28;11.67;14.086;7;20;52.507309;13.458635;300\n";
        auto const shown = redacted(line);
        auto const begin = shown.find(";1530364575;") + 12;
        return shown.substr(begin, shown.find(';', begin) - begin);
    };
    for (auto const* kept : {"ATmega8_A_1", "ESP_2.0", "ESP32_2.1", "5"}) CHECK(version(kept) == kept);
    for (auto const* gone : {"ESP-Geheimhof", "Geheim", "ATmega Hof", "192.168.1.20"})
        CHECK(version(gone) == "x");
}

TEST_CASE("no field of a line lets a position or a text through, wherever it has slipped to") {
    std::string const shifted =
        "Geheim-Hof;1530364575;Geheim-Version;711;0;18.614;18.614;14.073;100;100;28;11.67;14.086;7;20;52."
        "507309;"
        "13.458635;300";
    auto const shown = redacted(shifted + "\n");
    for (auto const* canary : {"Geheim", "52.50", "13.45"}) {
        INFO(canary);
        CHECK(shown.find(canary) == std::string::npos);
    }
}
