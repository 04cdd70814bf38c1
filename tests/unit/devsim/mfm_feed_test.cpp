// SPDX-License-Identifier: MIT
#include "devsim/mfm_feed.hpp"

#include "catch.hpp"

#include <set>
#include <string>
#include <vector>

using namespace devsim;

namespace {

/// A feed with the script that it follows.
class Feed {
  public:
    explicit Feed(std::string_view faults, Firmware firmware = Firmware::base_v1,
                  Scenario scenario = Scenario::steady, std::uint64_t seed = 1)
        : grid_(scenario, 0, seed),
          feed_(MfmBoard(MfmBoard::Settings{firmware, 1, grid_.nominal_hz(), Detection::preset, true}), grid_,
                script_, seed) {
        change(faults);
    }

    void change(std::string_view faults) { REQUIRE(script_.parse(faults).has_value()); }
    [[nodiscard]] Transmission next() { return feed_.next(); }
    [[nodiscard]] bool plugged(DeviceTime time) const { return feed_.plugged(time); }

  private:
    FaultScript script_{mfm_cues()};
    Grid grid_;
    MfmFeed feed_;
};

std::vector<Transmission> until(Feed& feed, double time_s) {
    std::vector<Transmission> sent;
    do sent.push_back(feed.next());
    while (sent.back().time.count() < time_s);
    return sent;
}

std::string all(std::vector<Transmission> const& sent) {
    std::string bytes;
    for (auto const& line : sent) bytes += line.bytes;
    return bytes;
}

bool has(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("without faults every line is intact") {
    Feed calm("");
    for (auto const& line : until(calm, 60)) {
        CHECK(line.bytes == "50000\r\n");
        CHECK(line.integrity == Integrity::intact);
    }
}

TEST_CASE("the same seed sends the same bytes") {
    std::string const faults = "noise=10%@0+1h,cut=10%@0+1h,flip=5%@0+1h,protocol=any@0";
    Feed first(faults, Firmware::extended_v2, Scenario::calm, 5);
    Feed second(faults, Firmware::extended_v2, Scenario::calm, 5);
    Feed other(faults, Firmware::extended_v2, Scenario::calm, 6);
    auto const bytes = all(until(first, 100));
    CHECK(bytes == all(until(second, 100)));
    CHECK(bytes != all(until(other, 100)));
}

TEST_CASE("a reset brings the banner and the ramp") {
    Feed board("reset@10s");
    auto const bytes = all(until(board, 12));
    CHECK(has(bytes, "50000\r\nNFA-RPi 1.0 Basisprogramm"));
    CHECK(has(bytes, "\a65476\r\n65416\r\n"));
}

TEST_CASE("a signal that is lost for a second leaves XXXXX, for longer a banner") {
    Feed brief("signal-loss@10s+1s");
    auto const brief_bytes = all(until(brief, 20));
    CHECK(has(brief_bytes, "50000\r\nXXXXX\r\n"));
    CHECK_FALSE(has(brief_bytes, "NFA-RPi"));
    Feed longer("signal-loss@10s+6s");
    CHECK(has(all(until(longer, 20)), "XXXXX\r\nNFA-RPi 1.0"));
}

TEST_CASE("a frozen board repeats its value") {
    Feed board("frozen@10s+10s", Firmware::base_v1, Scenario::ramp);
    auto const sent = until(board, 30);
    std::set<int> during;
    for (auto const& line : sent) {
        if (line.time.count() > 10.4 && line.time.count() < 20) during.insert(*line.millihertz);
    }
    CHECK(during.size() == 1);
    CHECK(sent.back().millihertz != *during.begin());
}

TEST_CASE("the protocol changes at its time, and any protocol is each") {
    Feed board("protocol=3@10s,protocol=any@20s", Firmware::extended_v2);
    std::set<int> seen;
    for (auto const& line : until(board, 40)) {
        if (line.time.count() < 10) CHECK(line.bytes == "50000\r\n");
        if (line.time.count() > 10.2 && line.time.count() < 20) CHECK(line.bytes.starts_with("NFA"));
        if (line.time.count() > 20.2) seen.insert(line.protocol);
    }
    CHECK(seen == std::set<int>{1, 2, 3, 4});
}

TEST_CASE("a pulled cable leaves the board running unless it loses its power") {
    Feed cable("unplug@10s+5s");
    CHECK(cable.plugged(DeviceTime(9.9)));
    CHECK_FALSE(cable.plugged(DeviceTime(12)));
    CHECK(cable.plugged(DeviceTime(15)));
    CHECK_FALSE(has(all(until(cable, 20)), "NFA-RPi"));

    Feed power("unplug=power@10s+5s");
    auto const sent = until(power, 20);
    CHECK(has(all(sent), "NFA-RPi"));
    for (auto const& line : sent) CHECK((line.time.count() < 10.4 || line.time.count() > 15));
}

TEST_CASE("a damaged line says so and the next is whole again") {
    Feed board("noise@10s");
    int damaged = 0;
    for (auto const& line : until(board, 20)) {
        bool const whole = line.bytes == "50000\r\n";
        CHECK((line.integrity == Integrity::intact) == whole);
        damaged += whole ? 0 : 1;
    }
    CHECK(damaged == 1);
}

TEST_CASE("the truth says time, protocol, value and what became of it") {
    Transmission line{DeviceTime(12.24), "49998\r\n", 1, 49'998, Integrity::intact};
    CHECK(truth_line(line, true) == "12.240000 1 49998 intact\n");
    CHECK(truth_line(line, false) == "12.240000 1 49998 joined\n");
    line.integrity = Integrity::damaged;
    CHECK(truth_line(line, false) == "12.240000 1 49998 damaged\n");
    line.millihertz.reset();
    CHECK(truth_line(line, true) == "12.240000 1 - other\n");
}
