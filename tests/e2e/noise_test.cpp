// SPDX-License-Identifier: MIT
#include "mains_lines.hpp"
#include "program.hpp"

#include "support/database.hpp"
#include "support/eventually.hpp"
#include "support/mqtt_probe.hpp"
#include "support/seed.hpp"
#include "support/serial_line.hpp"

#include "catch.hpp"

#include <nlohmann/json.hpp>
#include <thread>

using namespace test;
using Json = nlohmann::json;

namespace {

constexpr std::size_t many = 100'000;
constexpr auto banner =
    "\x1b[2J\x1b[HNFA-RPi 2.0 extendend mfm (@Arduino)\r\n02'2021 J.M\xc3\xbcller www.pc-projekte.de\r\n"
    "Auto-Detect.....**** => detect 50Hz\r\nOutput protocol: 1\r\nStart mains frequency "
    "measurement...\r\n\x07";
constexpr auto old_banner =
    "NFA-RPi 1.0 Basisprogramm (@Arduino)\r\n05'2020 J.M\xc3\xbcller www.pc-projekte.de\r\n"
    "Auto-Detect...\r\n  50Hz-Netz    \r\nStart Netzfrequenzmessung...\r\n\x07";

std::int64_t unix_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

/// Checks every frequency of every reading, whatever the field is called.
void check_frequencies(std::vector<Message> const& messages, double least, double most) {
    for (auto const& message : messages) {
        auto const reading = Json::parse(message.payload, nullptr, false);
        if (!reading.is_object() || !reading.contains("frequency_hz")) continue;
        for (auto const& [field, value] : reading.items()) {
            if (!field.starts_with("frequency") || !field.ends_with("_hz")) continue;
            INFO(message.topic << ' ' << message.payload << ' ' << field);
            CHECK(value.get<double>() >= least);
            CHECK(value.get<double>() <= most);
        }
    }
}

}  // namespace

TEST_CASE("the generator writes the documented lines and knows the damaged from the intact") {
    CHECK(mains_line(1, 50'000) == "50000\r\n");
    CHECK(mains_line(2, 50'028) == "50028;+0276;000\r\n");
    CHECK(mains_line(2, 50'000) == "50000;00000;000\r\n");
    CHECK(mains_line(2, 49'972) == "49972;-0276;000\r\n");
    CHECK(mains_line(3, 50'028) == "NFA50028f+0276P000M92C\r\n");
    CHECK(mains_line(4, 50'028) == "50028;+0276;0;0;0;0;0;0;0;0\r\n");
    CHECK(mains_line(4, 50'080, 129) == "50080;+1073;1;0;0;0;0;0;0;1\r\n");
    for (int protocol = 1; protocol <= 4; ++protocol) CHECK(might_hold_a_line(mains_line(protocol, 50'028)));
    for (auto const* text : {"5002\r\n", "500x8\r\n", "5000050001\r\n", "NFA50028f+0276P000M93C\r\n", "\r\n",
                             "XXXXX\r\n", "50028;+027;000\r\n"}) {
        INFO(text);
        CHECK_FALSE(might_hold_a_line(text));
    }
    NoisyLines noisy(1);
    std::size_t bytes = 0;
    while (noisy.lines() < 10'000) bytes += noisy.next().size();
    CHECK(bytes > 100'000);
    for (std::size_t protocol = 1; protocol <= 4; ++protocol) CHECK(noisy.intact().at(protocol) > 1000);
    CHECK(noisy.damaged_pieces() > 1500);
}

TEST_CASE("of 100000 noisy lines every intact one counts and no damaged one becomes a value") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe probe(broker.port(), {"mfm/#"});
    SerialLine line(folder / "board");
    Program bridge(folder, "mfm2mqtt", broker_at(broker.port()) + serial_port(folder / "board") + quick());
    REQUIRE(eventually([&] { return probe.last("mfm/bridge/state").has_value(); }));
    REQUIRE(line.opened());

    auto const chosen = seed(20210108);
    INFO("seed " << chosen);
    NoisyLines noisy(chosen);
    while (noisy.lines() < many) {
        std::string block;
        while (block.size() < 4096) block += noisy.next();
        line.write(block);
    }
    auto const accepted = [&](std::size_t protocol) {
        return static_cast<std::size_t>(bridge.metric(
            "mfm2mqtt_lines_total", {{"device", "mains"}, {"protocol", std::to_string(protocol)}}));
    };
    (void)eventually(
        [&] {
            for (std::size_t protocol = 1; protocol <= 4; ++protocol) {
                if (accepted(protocol) < noisy.intact().at(protocol)) return false;
            }
            return true;
        },
        30s);
    for (std::size_t protocol = 1; protocol <= 4; ++protocol) {
        INFO("protocol " << protocol);
        CHECK(accepted(protocol) == noisy.intact().at(protocol));
    }
    CHECK(eventually([&] {
        return bridge.metric("mfm2mqtt_rejected_lines_total", {{"device", "mains"}}) >=
               static_cast<double>(noisy.damaged_pieces());
    }));
    // The noise over, readings come; and among all that came there was none that the grid did not have.
    auto const before = probe.on("mfm/mains").size();
    bool const goes_on = eventually([&] {
        line.write(mains_line(4, 50'000));
        return probe.on("mfm/mains").size() > before + 2;
    });
    CHECK(goes_on);
    check_frequencies(probe.messages(), 49.84, 50.16);
    CHECK(bridge.stop() == 0);
}

TEST_CASE("nothing is published from a banner or a reset until the ramp of the firmware has ended") {
    struct Reset {
        char const* name;
        char const* text;
        int protocol;
        int step;
    };
    auto const reset =
        GENERATE(Reset{"banner of the extended firmware", banner, 4, 100},
                 Reset{"banner of the base firmware", old_banner, 1, 60},
                 Reset{"no banner, an implausible line", "65476\r\n", 1, 60},
                 Reset{"watchdog", "failt / Error measurement (Trigger ResetCounter)\r\n", 2, 100});
    INFO(reset.name);
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe probe(broker.port(), {"mfm/#"});
    SerialLine line(folder / "board");
    Program bridge(folder, "mfm2mqtt", broker_at(broker.port()) + serial_port(folder / "board") + quick());
    REQUIRE(line.opened());
    int wobble = 0;
    auto const steady = [&] {
        line.write(mains_line(reset.protocol, 50'000 + (wobble++ % 7)));
        return probe.on("mfm/mains").size() >= 5;
    };
    REQUIRE(eventually(steady));
    // All that was sent so far has been read once the count stands at it.
    REQUIRE(eventually([&] {
        return bridge.metric("mfm2mqtt_lines_total", {{"device", "mains"}}) >= wobble;
    }));

    auto const ramp_begin = unix_ms();
    line.write(reset.text);
    for (int millihertz = 65'476; millihertz > 50'000 + reset.step; millihertz -= reset.step) {
        line.write(mains_line(reset.protocol, millihertz));
        std::this_thread::sleep_for(10ms);  // the pace of the board, made quick
    }
    auto const ramp_end = unix_ms();
    auto const before = probe.on("mfm/mains").size();
    bool const comes_back = eventually([&] {
        line.write(mains_line(reset.protocol, 50'000 + (wobble++ % 7)));
        return probe.on("mfm/mains").size() > before + 5;
    });
    CHECK(comes_back);

    for (auto const& message : probe.on("mfm/mains")) {
        INFO(message.payload << ", ramp from " << ramp_begin << " to " << ramp_end);
        auto const ts = Json::parse(message.payload)["ts"].get<std::int64_t>();
        CHECK((ts <= ramp_begin || ts >= ramp_end));
    }
    check_frequencies(probe.messages(), 49.99, 50.02);
}

TEST_CASE("a lost signal and other words of the board never become a value") {
    TempFolder const folder;
    Broker const broker(folder);
    MqttProbe probe(broker.port(), {"mfm/#"});
    SerialLine line(folder / "board");
    Program bridge(folder, "mfm2mqtt", broker_at(broker.port()) + serial_port(folder / "board") + quick());
    REQUIRE(line.opened());
    int sent = 0;
    REQUIRE(eventually([&] {
        line.write(mains_line(1, 50'000 + (sent++ % 7)));
        return probe.on("mfm/mains").size() >= 3;
    }));
    REQUIRE(probe.sees("mfm/mains/availability", "online"));
    REQUIRE(eventually([&] { return bridge.metric("mfm2mqtt_lines_total") >= sent; }));

    auto const signal_lost = unix_ms();
    // What a board without a signal says, for as long as it takes to be told unavailable.
    CHECK(eventually([&] {
        line.write("XXXXX\r\n0\r\n00000\r\nERROR measurement\r\n");
        auto const state = probe.last("mfm/mains/availability");
        return state && state->payload == "offline";
    }));
    CHECK(probe.last("mfm/bridge/state")->payload == "online");
    for (auto const& message : probe.on("mfm/mains")) {
        INFO(message.payload);
        CHECK(Json::parse(message.payload)["ts"].get<std::int64_t>() <= signal_lost);
    }
    CHECK(eventually([&] {
        line.write(mains_line(1, 50'000 + (sent++ % 7)));
        auto const state = probe.last("mfm/mains/availability");
        return state && state->payload == "online";
    }));
    check_frequencies(probe.messages(), 49.99, 50.02);
}
