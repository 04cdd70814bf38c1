// SPDX-License-Identifier: MIT
#include "mfm2mqtt/decode.hpp"

#include "catch.hpp"

#include <string>
#include <vector>

using namespace mfm;
using bridge::Errc;

namespace {

constexpr bridge::Timestamp received{std::chrono::milliseconds(1785570000123)};

// XOR of `50028f+0276P000M`: counted by hand in tests/golden/mfm2mqtt.
std::string const checked_line = "NFA50028f+0276P000M92C";

bridge::Result<Line> decoded(std::string const& text) { return decode_line(bridge::as_bytes(text)); }

/// The error's kind, or `accepted`.
std::string kind(std::string const& text) {
    auto const line = decoded(text);
    return line ? "accepted" : std::string(to_string(line.error().code));
}

}  // namespace

TEST_CASE("each line tells its protocol by itself") {
    using Row = std::pair<char const*, Line>;
    for (auto const& [text, line] : {
             Row{"49998", {1, 49'998, {}, {}}},
             Row{"50028;+0276;000", {2, 50'028, 276, 0}},
             Row{"49950;-0613;255", {2, 49'950, -613, 255}},
             Row{"NFA50028f+0276P000M92C", {3, 50'028, 276, 0}},
             Row{"50028;+0276;0;0;0;0;0;0;0;0", {4, 50'028, 276, 0}},
             Row{"49100;-9999;1;1;1;0;0;0;0;1", {4, 49'100, -9999, 0b1000'0111}},
         }) {
        INFO(text);
        auto const result = decoded(text);
        REQUIRE(result.has_value());
        CHECK((*result == line));
    }
}

TEST_CASE("at exactly nominal frequency the sign is the digit 0") {
    CHECK((*decoded("50000;00000;000") == Line{2, 50'000, 0, 0}));
    CHECK((*decoded("50000;00000;0;0;0;0;0;0;0;0") == Line{4, 50'000, 0, 0}));
}

TEST_CASE("only plus, minus and the digit 0 are signs, and 0 has no load difference") {
    for (auto const* text :
         {"50000;0 000;000", "50000; 0000;000", "50000;10000;000", "50000;00001;000", "50000;0000;000",
          "50000;*0000;000", "50000;+000;000", "50000;+00000;000", "50000;++000;000", "50000;-00-0;000"}) {
        INFO(text);
        CHECK(kind(text) == "malformed");
    }
    CHECK(decoded("50000;-0000;000")->load_difference_mw == 0);
}

TEST_CASE("a frequency that no mains has is out of range, at both ends exactly") {
    CHECK(kind("45000") == "accepted");
    CHECK(kind("65000") == "accepted");
    for (auto const* text : {"44999", "65001", "65476", "00000", "99999", "00998", "65476;+9999;255",
                             "44999;+0000;0;0;0;0;0;0;0;0"}) {
        INFO(text);
        CHECK(kind(text) == "out_of_range");
    }
}

TEST_CASE("the bare 0 of a measurement not yet made is out of range") { CHECK(kind("0") == "out_of_range"); }

TEST_CASE("an alarm byte is at most 255 and a bit at most 1") {
    CHECK(decoded("50000;+0000;255")->alarms == 255);
    for (auto const* text :
         {"50000;+0000;256", "50000;+0000;999", "50000;+0000;00", "50000;+0000;0000",
          "50000;+0000;2;0;0;0;0;0;0;0", "50000;+0000;0;0;0;0;0;0;0", "50000;+0000;0;0;0;0;0;0;0;0;0",
          "50000;+0000;0;0;0;0;0;0;0;0;", "50000;+0000;", "50000;+0000", "50000;"}) {
        INFO(text);
        CHECK(kind(text) == "malformed");
    }
}

TEST_CASE("each alarm bit of protocol 4 has its place in the byte") {
    for (unsigned bit = 0; bit < 8; ++bit) {
        std::string text = "50000;+0000;0;0;0;0;0;0;0;0";
        text[12 + 2 * bit] = '1';
        INFO(text);
        REQUIRE(kind(text) == "accepted");
        CHECK(decoded(text)->alarms == 1U << bit);
    }
}

TEST_CASE("words of the firmware are told from damaged lines") {
    for (std::string const text :
         {"XXXXX", "NFA-RPi 1.0 Basisprogramm (@Arduino)", "05'2020 J.M\xc3\xbcller www.pc-projekte.de",
          "Auto-Detect...  50Hz-Netz    ", "Start Netzfrequenzmessung...",
          "\x1b[2J\x1b[HNFA-RPi 2.0 extendend mfm (@Arduino)", "Auto-Detect.....** => detect 50Hz",
          "User setting : 50Hz mains frequency", "Output protocol: 4", "Start mains frequency measurement...",
          "ERROR measurement", "failt / Error measurement (Trigger ResetCounter)", "\x1b[2J"}) {
        INFO(text);
        CHECK(kind(text) == "unsupported");
    }
    for (std::string const text : {"",
                                   "\r",
                                   "XXXX",
                                   "4999",
                                   "499988",
                                   " 49998",
                                   "49998 ",
                                   "+49998",
                                   "4999o",
                                   "49998\r",
                                   "\x07",
                                   "\x07\x07"
                                   "49998",
                                   "-9998",
                                   "4999.8",
                                   "49998;",
                                   "NFA",
                                   "NFA50028",
                                   "50000NFA50028f+0276P000M92C",
                                   "NFA50028f+0276P000M92CNFA",
                                   "5002850028",
                                   "50028;+0276;00050028;+0276;000"}) {
        INFO(text);
        CHECK(kind(text) == "malformed");
    }
}

TEST_CASE("of the hundred checksums of protocol 3 one is right, whatever the sign") {
    // XORed by hand: 0x5C, 0x54, 0x4E.
    for (auto const& [body, right] : {std::pair{"50028f+0276P000M", 92}, std::pair{"49972f-0276P000M", 84},
                                      std::pair{"50000f00000P000M", 78}}) {
        for (int sum = 0; sum < 100; ++sum) {
            auto const text = "NFA" + std::string(body) + std::to_string(100 + sum).substr(1) + "C";
            INFO(text);
            CHECK(kind(text) == (sum == right ? "accepted" : "malformed"));
        }
    }
}

TEST_CASE("every flip of one bit in a protocol 3 line is refused") {
    REQUIRE(kind(checked_line) == "accepted");
    for (std::size_t i = 0; i < checked_line.size(); ++i) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            std::string damaged = checked_line;
            damaged[i] = static_cast<char>(static_cast<unsigned char>(damaged[i]) ^ (1U << bit));
            INFO(i << " " << bit << " " << damaged);
            CHECK(kind(damaged) != "accepted");
        }
    }
}

TEST_CASE("every loss of one byte of a protocol 3 line is refused") {
    for (std::size_t i = 0; i < checked_line.size(); ++i) {
        std::string damaged = checked_line;
        damaged.erase(i, 1);
        INFO(damaged);
        CHECK(kind(damaged) != "accepted");
    }
}

TEST_CASE("every insertion of one byte into a protocol 3 line is refused") {
    for (std::size_t i = 0; i <= checked_line.size(); ++i) {
        for (int byte = 0; byte < 256; ++byte) {
            // The end of the banner may stand before a line.
            if (i == 0 && byte == '\a') continue;
            std::string damaged = checked_line;
            damaged.insert(i, 1, static_cast<char>(byte));
            if (kind(damaged) == "accepted") FAIL(damaged);
        }
    }
    CHECK(kind(checked_line) == "accepted");
}

TEST_CASE("no beginning and no end of a longer line is a line of another protocol, protocol 1 excepted") {
    for (std::string const& line :
         {checked_line, std::string("50028;+0276;000"), std::string("50028;+0276;0;0;0;0;0;0;0;0")}) {
        for (std::size_t size = 1; size < line.size(); ++size) {
            if (size != 5) CHECK(kind(line.substr(0, size)) != "accepted");
            CHECK(kind(line.substr(size)) != "accepted");
        }
    }
}

TEST_CASE("a line of any protocol is a sample of its frequency at the time of its receipt") {
    auto const samples = [](std::string const& text) { return decode(bridge::as_bytes(text), received); };
    REQUIRE(samples("49998").has_value());
    CHECK((*samples("49998") == std::vector{bridge::Sample{"", "", received, {{"frequency_hz", 49.998}}}}));
    REQUIRE(samples("49950;-0613;129").has_value());
    CHECK((*samples("49950;-0613;129") ==
           std::vector{bridge::Sample{"", "", received, {{"frequency_hz", 49.95}}}}));
    REQUIRE_FALSE(samples("XXXXX").has_value());
    CHECK(samples("XXXXX").error().code == Errc::unsupported);
}

TEST_CASE("the end of the banner before a line says that the board has started again") {
    CHECK(kind("\x07"
               "49998") == "accepted");
    CHECK(starts_anew(bridge::as_bytes("\x07")));
    CHECK_FALSE(starts_anew(bridge::as_bytes("49998\x07")));
    CHECK_FALSE(starts_anew({}));
}
