// SPDX-License-Identifier: MIT
#include <bridge/recording.hpp>

#include "catch.hpp"

#include <random>

using namespace bridge;
using namespace std::string_literals;

namespace {

RecordedFrame frame(std::int64_t unix_ms, std::string bytes) {
    return {Timestamp(std::chrono::milliseconds(unix_ms)), std::move(bytes)};
}

}  // namespace

TEST_CASE("a recording is one frame a line") {
    auto const frames = read_recording(
        "# the board\n"
        "1785570000123 NFA50028f+0276P000M92C\n"
        "\n"
        "1785570000300 \\x07a\\r\\n\\t\\\\\\xFf z \n"
        "0 \n"
        "1\n"
        "2 \xc3\xa4 # no comment\n");
    REQUIRE(frames.has_value());
    CHECK(*frames == std::vector{frame(1785570000123, "NFA50028f+0276P000M92C"),
                                 frame(1785570000300, "\x07"s + "a\r\n\t\\\xff z "), frame(0, ""),
                                 frame(1, ""), frame(2, "\xc3\xa4 # no comment")});
}

TEST_CASE("a recording that is none is refused with its line") {
    for (std::string const line : {"x 1",     " 1 a",        "-1 a",     "1.5 a",  "99999999999999999999 a",
                                   "1 \\",    "1 \\q",       "1 \\x4",   "1 \\x",  "1 \\x-1",
                                   "1 \\xzz", "1@ a",        "1@x\\q a", "@x a",   "session ",
                                   "session", "session \\q", "1 a\r",    "1 a\tb", "1 \x7f",
                                   "1\ta"}) {
        INFO(line);
        auto const frames = read_recording("# first\n1 good\n" + line + "\n4 good\n");
        REQUIRE_FALSE(frames.has_value());
        CHECK(frames.error().code == Errc::malformed);
        CHECK_THAT(frames.error().detail, Catch::Matchers::StartsWith("line 3: "));
    }
}

TEST_CASE("nothing recorded is no frame") {
    REQUIRE(read_recording("").has_value());
    CHECK(read_recording("")->empty());
    CHECK(read_recording("# only words\n")->empty());
}

TEST_CASE("a frame is written in ASCII on one line") {
    auto const line = [](std::string const& bytes) {
        return recording_line(Timestamp(std::chrono::milliseconds(7)), "", as_bytes(bytes));
    };
    CHECK(line("50000\r\n") == "7 50000\\r\\n\n");
    CHECK(line("\x07\x1b[2J\xc3\xa4\\ \t") == "7 \\x07\\x1b[2J\\xc3\\xa4\\\\ \\x09\n");
    CHECK(line("\x7f\x80\xff") == "7 \\x7f\\x80\\xff\n");
    CHECK(line("a  ") == "7 a \\x20\n");
    CHECK(line("") == "7 \n");
}

TEST_CASE("what is recorded reads back the same, whatever the bytes") {
    std::mt19937 random(1);
    std::uniform_int_distribution<> byte(0, 255);
    std::string text;
    std::vector<RecordedFrame> frames;
    for (int i = 0; i < 500; ++i) {
        std::string bytes;
        for (int n = i % 40; n > 0; --n) bytes += static_cast<char>(byte(random));
        frames.push_back(frame(i, bytes));
        text += recording_line(frames.back().time, "", as_bytes(bytes));
    }
    auto const read = read_recording(text);
    REQUIRE(read.has_value());
    CHECK(*read == frames);
}

TEST_CASE("a frame can say whose it is, and which one was the first of a session") {
    auto const frames = read_recording(
        "session the\\x20cellar\n"
        "1 nobody's\n"
        "2@barn a\n"
        "3@the\\x20cellar b\n"
        "4@the\\x20cellar\n");
    REQUIRE(frames.has_value());
    auto const of = [](std::int64_t unix_ms, std::string bytes, std::string device, bool begins) {
        return RecordedFrame{Timestamp(std::chrono::milliseconds(unix_ms)), std::move(bytes),
                             std::move(device), begins};
    };
    CHECK(*frames == std::vector{of(1, "nobody's", "", false), of(2, "a", "barn", false),
                                 of(3, "b", "the cellar", true), of(4, "", "the cellar", false)});
    std::string const name = "a b@c\n\xff";
    auto const read =
        read_recording(session_line(name) +
                       recording_line(Timestamp(std::chrono::milliseconds(5)), name, as_bytes("@session")));
    REQUIRE(read.has_value());
    CHECK(*read == std::vector{of(5, "@session", name, true)});
}

TEST_CASE("a last line that nothing ends is left out") {
    auto const frames = read_recording("1 whole\n2 cu");
    REQUIRE(frames.has_value());
    CHECK(*frames == std::vector{frame(1, "whole")});
}
