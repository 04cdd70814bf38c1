// SPDX-License-Identifier: MIT
#include "devsim/mfm_board.hpp"

#include "catch.hpp"

#include <cmath>
#include <set>
#include <string>
#include <vector>

using namespace devsim;

namespace {

Mains constant(double frequency_hz) {
    return [frequency_hz](DeviceTime) { return std::optional(frequency_hz); };
}

std::optional<double> no_signal(DeviceTime) { return std::nullopt; }

MfmBoard::Settings running(Firmware firmware, int protocol = 1, int nominal_hz = 50) {
    return {firmware, protocol, nominal_hz, Detection::preset, true};
}

MfmBoard::Settings starting(Firmware firmware, int nominal_hz = 50, Detection detection = Detection::preset) {
    return {firmware, 1, nominal_hz, detection, false};
}

std::vector<int> readings(MfmBoard& board, Mains const& mains, std::size_t count) {
    std::vector<int> values;
    while (values.size() < count) {
        if (auto const sent = board.next(mains); sent.millihertz) values.push_back(*sent.millihertz);
    }
    return values;
}

long milliseconds(DeviceTime time) { return std::lround(time.count() * 1000); }

bool has(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("v1 sends a line of millihertz every 18 periods") {
    MfmBoard board(running(Firmware::base_v1));
    auto const first = board.next(constant(50));
    CHECK(first.bytes == "50000\r\n");
    CHECK(milliseconds(first.time) == 360);
    CHECK(milliseconds(board.next(constant(50)).time) == 720);

    MfmBoard at_60(running(Firmware::base_v1, 1, 60));
    auto const line = at_60.next(constant(60));
    CHECK(line.bytes == "60000\r\n");
    CHECK(milliseconds(line.time) == 300);
}

TEST_CASE("v2 sends a line every 9 periods, measured over 18") {
    MfmBoard board(running(Firmware::extended_v2, 2));
    auto const first = board.next(constant(50));
    CHECK(first.bytes == "50000;00000;000\r\n");
    CHECK(milliseconds(first.time) == 360);
    CHECK(milliseconds(board.next(constant(50)).time) == 540);
}

TEST_CASE("a reading is counts of 6.4 us, truncated") {
    // 56,250 counts are 50.000 Hz, 56,251 are 49.9991 Hz: nothing lies between 50000 and 49999 but the
    // counts.
    for (double const frequency_hz : {49.9995, 50.0123, 49.2471}) {
        MfmBoard board(running(Firmware::base_v1));
        double const count = 2'812'500.0 / frequency_hz;
        auto const high = static_cast<int>(2'812'500'000 / static_cast<std::int64_t>(count));
        auto const low = static_cast<int>(2'812'500'000 / static_cast<std::int64_t>(count + 1));
        for (int const value : readings(board, constant(frequency_hz), 50)) {
            CHECK(value >= low);
            CHECK(value <= high);
        }
    }
    MfmBoard at_60(running(Firmware::base_v1, 1, 60));
    auto const values = readings(at_60, constant(59.9995), 50);
    CHECK(std::set<int>(values.begin(), values.end()) == std::set<int>{59'998, 60'000});
}

TEST_CASE("v1 follows a jump in steps of 60 mHz") {
    MfmBoard board(running(Firmware::base_v1));
    (void)board.next(constant(50));
    auto const values = readings(board, constant(49.85), 3);
    CHECK(values[0] == 49'940);
    CHECK(values[1] == 49'880);
    CHECK(std::abs(values[2] - 49'850) <= 1);
}

TEST_CASE("v2 holds its value while its two counters disagree") {
    MfmBoard board(running(Firmware::extended_v2));
    (void)readings(board, constant(50), 2);
    // Half of the first window is still at 50 Hz; each counter then steps by 100 mHz, the second after the
    // first.
    auto const values = readings(board, constant(48), 6);
    CHECK(values == std::vector<int>{50'000, 49'900, 49'900, 49'800, 49'800, 49'700});
}

TEST_CASE("after a start the first reading has the bell before it and ramps down from 65476") {
    MfmBoard board(starting(Firmware::base_v1));
    auto const banner = board.next(constant(50));
    CHECK_FALSE(banner.millihertz);
    CHECK(has(banner.bytes,
              "NFA-RPi 1.0 Basisprogramm (@Arduino)\r\n05'2020 J.M\xc3\xbcller www.pc-projekte.de\r\n"));
    CHECK(has(banner.bytes, "  50Hz-Netz    \r\nStart Netzfrequenzmessung...\r\n\a"));
    CHECK(banner.bytes.back() == '\a');
    CHECK(readings(board, constant(50), 3) == std::vector<int>{65'476, 65'416, 65'356});
    auto const values = readings(board, constant(50), 300);
    CHECK(values.back() == 50'000);
}

TEST_CASE("a 50 Hz grid that the board found itself needs no ramp, a 60 Hz grid does") {
    MfmBoard at_50(starting(Firmware::base_v1, 50, Detection::automatic));
    CHECK(at_50.next(constant(50)).bytes.ends_with("Auto-Detect..."));
    CHECK(at_50.next(constant(50)).bytes == "  50Hz-Netz    \r\nStart Netzfrequenzmessung...\r\n\a");
    CHECK(readings(at_50, constant(50), 1) == std::vector<int>{50'000});

    MfmBoard at_60(starting(Firmware::base_v1, 50, Detection::automatic));
    (void)at_60.next(constant(60));
    CHECK(has(at_60.next(constant(60)).bytes, "  60Hz-Netz    "));
    CHECK(readings(at_60, constant(60), 1) == std::vector<int>{65'476});
}

TEST_CASE("v2 clears the screen and says how it was set") {
    MfmBoard board(starting(Firmware::extended_v2, 60));
    CHECK(
        board.next(constant(60)).bytes ==
        "\x1b[2J\x1b[HNFA-RPi 2.0 extendend mfm (@Arduino)\r\n02'2021 J.M\xc3\xbcller www.pc-projekte.de\r\n"
        "User setting : 60Hz mains frequency\r\nOutput protocol: 1\r\nStart mains frequency "
        "measurement...\r\n\a");
}

TEST_CASE("v1 without a signal says XXXXX and starts anew about every four seconds") {
    MfmBoard board(running(Firmware::base_v1));
    (void)readings(board, constant(50), 1);
    std::string sent;
    std::vector<DeviceTime> banners;
    while (banners.size() < 3) {
        auto const output = board.next(no_signal);
        CHECK_FALSE(output.millihertz);
        sent += output.bytes;
        if (has(output.bytes, "NFA-RPi")) banners.push_back(output.time);
    }
    CHECK(sent.starts_with("XXXXX\r\nXXXXX\r\n"));
    CHECK(milliseconds(banners[2] - banners[1]) > 3900);
    CHECK(milliseconds(banners[2] - banners[1]) < 4500);
}

TEST_CASE("v2 without a signal says so and cycles through its start") {
    MfmBoard board(running(Firmware::extended_v2, 4));
    (void)readings(board, constant(50), 1);
    CHECK(board.next(no_signal).bytes == "ERROR measurement\r\n");
    CHECK(board.next(no_signal).bytes == "failt / Error measurement (Trigger ResetCounter)\r\n");
    CHECK(board.next(no_signal).bytes.starts_with("\x1b[2J\x1b[H"));

    MfmBoard searching(starting(Firmware::extended_v2, 50, Detection::automatic));
    std::string sent;
    for (int i = 0; i < 9; ++i) sent += searching.next(no_signal).bytes;
    CHECK(sent.ends_with("Auto-Detect.....********"));
    CHECK(searching.next(no_signal).bytes.starts_with("\x1b[2J\x1b[H"));
    CHECK(searching.next(constant(50)).bytes.starts_with(" => detect 50Hz\r\nOutput protocol: 1\r\n"));
}

TEST_CASE("an invalid measurement repeats the last value, and 0 after a start") {
    MfmBoard board(running(Firmware::base_v1));
    (void)readings(board, constant(50), 1);
    board.set_measurement_invalid(true);
    CHECK(readings(board, constant(50.02), 2) == std::vector<int>{50'000, 50'000});
    CHECK(readings(board, constant(30), 1) == std::vector<int>{50'000});
    board.restart(board.time());
    CHECK(readings(board, constant(50), 1) == std::vector<int>{0});
    board.set_measurement_invalid(false);
    CHECK(readings(board, constant(50), 1) == std::vector<int>{65'476});
}

TEST_CASE("the load difference has a dead band of 10 mHz and ends at 9999 MW") {
    CHECK(load_difference_mw(0) == 0);
    CHECK(load_difference_mw(10) == 0);
    CHECK(load_difference_mw(-10) == 0);
    CHECK(load_difference_mw(11) == 15);
    CHECK(load_difference_mw(28) == 276);
    CHECK(load_difference_mw(-28) == -276);
    CHECK(load_difference_mw(-5000) == -9999);
}

TEST_CASE("the four formats are as documented") {
    CHECK(protocol_line(1, 50'028, 50, 0) == "50028\r\n");
    CHECK(protocol_line(2, 50'028, 50, 0) == "50028;+0276;000\r\n");
    CHECK(protocol_line(3, 50'028, 50, 0) == "NFA50028f+0276P000M92C\r\n");
    CHECK(protocol_line(4, 50'028, 50, 0) == "50028;+0276;0;0;0;0;0;0;0;0\r\n");
    CHECK(protocol_line(2, 49'880, 50, 0x83) == "49880;-1686;131\r\n");
    CHECK(protocol_line(4, 49'880, 50, 0x83) == "49880;-1686;1;1;0;0;0;0;0;1\r\n");
}

TEST_CASE("at exactly the nominal frequency the sign is the digit 0") {
    CHECK(protocol_line(2, 50'000, 50, 0) == "50000;00000;000\r\n");
    CHECK(protocol_line(4, 60'000, 60, 0) == "60000;00000;0;0;0;0;0;0;0;0\r\n");
    CHECK(protocol_line(2, 50'001, 50, 0) == "50001;+0000;000\r\n");
    CHECK(protocol_line(2, 49'999, 50, 0) == "49999;-0000;000\r\n");
}

TEST_CASE("the checksum is taken modulo 100") {
    // 0x5f..0x7f of XOR are 95..127: beyond 99 only the remainder is sent.
    std::set<int> sums;
    for (int millihertz = 49'000; millihertz < 51'000; ++millihertz) {
        auto const line = protocol_line(3, millihertz, 50, 0);
        REQUIRE(line.size() == 24);
        int const sum = protocol3_checksum(line);
        CHECK(line.substr(19, 2) ==
              std::string{static_cast<char>('0' + sum / 10), static_cast<char>('0' + sum % 10)});
        sums.insert(sum);
    }
    CHECK(*sums.begin() >= 0);
    CHECK(*sums.rbegin() <= 99);
}

TEST_CASE("an alarm is held for ten evaluations of a second") {
    MfmBoard board(running(Firmware::extended_v2, 2, 50));
    auto const alarm = [](BoardOutput const& sent) { return sent.bytes.substr(12, 3); };
    std::string seen;
    for (int i = 0; i < 12; ++i) seen = alarm(board.next(constant(49.92)));
    CHECK(seen == "129");
    DeviceTime const back = board.time();
    while (seen == "129") seen = alarm(board.next(constant(50)));
    CHECK(seen == "000");
    CHECK(milliseconds(board.time() - back) > 9'000);
    CHECK(milliseconds(board.time() - back) < 13'000);
}

TEST_CASE("the jumper is read before every line") {
    MfmBoard board(running(Firmware::extended_v2, 1));
    CHECK(board.next(constant(50)).bytes == "50000\r\n");
    board.set_protocol(3);
    CHECK(board.next(constant(50)).bytes.starts_with("NFA50000f00000P000M"));
    board.set_protocol(4);
    CHECK(board.next(constant(50)).bytes == "50000;00000;0;0;0;0;0;0;0;0\r\n");
}
