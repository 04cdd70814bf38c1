// SPDX-License-Identifier: MIT
#include <bridge/sequence.hpp>

#include "catch.hpp"
#include "support/temp_folder.hpp"

#include <filesystem>
#include <limits>

using namespace bridge;

namespace {

constexpr std::uint64_t now_ms = 1'785'570'000'000;

}  // namespace

TEST_CASE("each channel counts by one, for itself, from 1") {
    Sequence sequence("", now_ms);
    CHECK(sequence.next("m/a") == 1);
    CHECK(sequence.next("m/a") == 2);
    CHECK(sequence.next("m/a/10s") == 1);
    CHECK(sequence.next("m/a") == 3);
    CHECK(sequence.take_trouble().has_value());
}

TEST_CASE("numbers jump ahead at each start and never go back") {
    test::TempFolder const folder;
    auto const file = (folder / "deep/er/sequence").string();
    std::uint64_t last = 0;
    for (int start = 0; start < 20; ++start) {
        Sequence sequence(file, now_ms);
        CHECK(sequence.take_trouble().has_value());
        for (int i = 0; i < start * 10; ++i) {
            auto const number = sequence.next("m/a");
            REQUIRE(number > last);
            REQUIRE((i == 0 || number == last + 1));
            last = number;
        }
    }
    CHECK(last < now_ms);
}

TEST_CASE("a run longer than its block reserves another, without a jump") {
    test::TempFolder const folder;
    auto const file = (folder / "sequence").string();
    std::uint64_t last = 0;
    {
        Sequence sequence(file, now_ms);
        for (int i = 0; i < 250'001; ++i) {
            auto const number = sequence.next("m/a");
            CHECKED_ELSE(number == last + 1) { FAIL(number); }
            last = number;
        }
    }
    Sequence next(file, now_ms);
    CHECK(next.next("m/a") > last);
}

TEST_CASE("a channel seen first late in a run is not behind that of a run before") {
    test::TempFolder const folder;
    auto const file = (folder / "sequence").string();
    Sequence first(file, now_ms);
    std::uint64_t last = 0;
    for (int i = 0; i < 150'000; ++i) last = first.next("m/a");
    (void)first.next("m/b");  // only now
    Sequence second(file, now_ms);
    CHECK(second.next("m/b") > last);
}

TEST_CASE("a damaged file is passed by starting at the time of day") {
    auto const* const content = GENERATE("", "abc\n", "-5\n", "12x\n", "99999999999999999999999\n",
                                         "18446744073709551615\n", "18446744073709551000\n");
    INFO(content);
    test::TempFolder const folder;
    auto const file = folder.write("sequence", content).string();
    Sequence sequence(file, now_ms);
    CHECK(sequence.take_trouble().has_value());
    CHECK(sequence.next("m/a") == now_ms);
    Sequence after(file, now_ms + 1);
    auto const number = after.next("m/a");
    CHECK(number > now_ms);
    CHECK(number < now_ms * 2);
}

TEST_CASE("where the file cannot be written the trouble is said once and numbers start at the time of day") {
    test::TempFolder const folder;
    // A file where a folder should be: refused to everybody, root too.
    folder.write("state", "");
    Sequence sequence((folder / "state/sequence").string(), now_ms);
    auto const trouble = sequence.take_trouble();
    REQUIRE_FALSE(trouble.has_value());
    CHECK(trouble.error().code == Errc::io);
    CHECK(sequence.take_trouble().has_value());
    CHECK(sequence.next("m/a") == now_ms);
    for (int i = 1; i < 250'000; ++i) {
        auto const number = sequence.next("m/a");
        CHECKED_ELSE(number == now_ms + static_cast<std::uint64_t>(i)) { FAIL(number); }
    }
    CHECK(sequence.take_trouble().has_value());
}

TEST_CASE("a kept number that is past the time of day is not forgotten where the file cannot be written") {
    test::TempFolder const folder;
    auto const file = folder.write("sequence", std::to_string(now_ms + 7) + "\n").string();
    // The new file beside it cannot be made.
    std::filesystem::create_directory(file + ".new");
    Sequence sequence(file, now_ms);
    CHECK_FALSE(sequence.take_trouble().has_value());
    CHECK(sequence.next("m/a") == now_ms + 7);
}
