// SPDX-License-Identifier: MIT
#include <bridge/spool.hpp>

#include "matchers.hpp"
#include "support/temp_folder.hpp"

#include "catch.hpp"

#include <algorithm>
#include <fstream>
#include <numeric>
#include <sstream>

using namespace bridge;
using test::TempFolder;

namespace {

template <class T>
T good(Result<T> result) {
    INFO((result ? "" : result.error().detail));
    REQUIRE(result.has_value());
    return std::move(*result);
}

using std::chrono::milliseconds;

constexpr std::int64_t noon = 1785570000000;

Timestamp at(std::int64_t ms) { return Timestamp(milliseconds(ms)); }

Spooled reading(std::uint64_t n) {
    return {0, at(noon + static_cast<std::int64_t>(n)), "mfm/mains", n % 3 == 0 ? "10s" : "",
            "{\"seq\":" + std::to_string(n) + ",\"text\":\"a b\"}"};
}

std::vector<Spooled> readings(std::uint64_t first, std::uint64_t last) {
    std::vector<Spooled> out;
    for (auto n = first; n <= last; ++n) out.push_back(reading(n));
    return out;
}

Spool::Settings in(TempFolder const& folder, std::uint64_t most_bytes = 1 << 20) {
    return {folder / "spool", most_bytes, std::chrono::hours(1)};
}

/// The payloads' numbers, all that there are.
std::vector<std::uint64_t> drain(Spool& spool, Timestamp now = at(noon)) {
    std::vector<std::uint64_t> numbers;
    for (auto some = spool.read(7, now); !some.empty(); some = spool.read(7, now)) {
        for (auto const& one : some) numbers.push_back(std::stoull(one.payload.substr(7)));
    }
    return numbers;
}

std::vector<std::uint64_t> span(std::uint64_t first, std::uint64_t last) {
    std::vector<std::uint64_t> numbers(last - first + 1);
    std::iota(numbers.begin(), numbers.end(), first);
    return numbers;
}

std::size_t file_count(TempFolder const& folder) {
    std::filesystem::directory_iterator const files(folder / "spool");
    return static_cast<std::size_t>(std::count_if(begin(files), end(files), [](auto const& file) {
        return file.path().filename().string().starts_with("spool.");
    }));
}

std::filesystem::path newest_file(TempFolder const& folder) {
    std::filesystem::path newest;
    for (auto const& file : std::filesystem::directory_iterator(folder / "spool")) {
        if (file.path().filename().string().starts_with("spool.")) newest = std::max(newest, file.path());
    }
    return newest;
}

}  // namespace

TEST_CASE("a spooled reading's line reads back the same and not at all with any byte changed") {
    Spooled const one{48213, at(noon), "mfm/mains", "10s", R"({"ts":1785570000000,"text":"a b"})"};
    std::string const line = spool_line(one);
    CHECK(line.substr(8) == " 48213 1785570000000 mfm/mains 10s {\"ts\":1785570000000,\"text\":\"a b\"}\n");
    auto const whole = std::string_view(line).substr(0, line.size() - 1);
    CHECK(parse_spool_line(whole) == one);
    for (std::size_t i = 0; i < whole.size(); ++i) {
        std::string broken(whole);
        broken[i] = static_cast<char>(broken[i] ^ 1);
        CHECK_FALSE(parse_spool_line(broken));
        CHECK_FALSE(parse_spool_line(whole.substr(0, i)));
    }
    Spooled const plain{1, at(noon), "mfm/mains", "", "{}"};
    std::string const short_line = spool_line(plain);
    CHECK(parse_spool_line(std::string_view(short_line).substr(0, short_line.size() - 1)) == plain);
}

TEST_CASE("a spool hands out what it was given, in order, over restarts, and leaves nothing behind") {
    TempFolder const folder;
    {
        auto spool = good(Spool::open(in(folder)));
        CHECK(good(spool.append(readings(1, 10))) == 1);
        CHECK(good(spool.append(readings(11, 25))) == 11);
        CHECK(spool.depth() == 25);
        CHECK(spool.read(5, at(noon)).size() == 5);
        spool.release(5);
    }
    auto spool = good(Spool::open(in(folder)));
    CHECK(spool.depth() == 25);
    CHECK(good(spool.append(readings(26, 30))) == 26);
    CHECK(drain(spool) == span(1, 30));
    CHECK_FALSE(spool.has_more());
    CHECK(spool.last_read() == 30);
    CHECK(file_count(folder) == 2);
    spool.release(29);
    CHECK(file_count(folder) == 1);
    spool.release(30);
    CHECK(file_count(folder) == 0);
    CHECK(spool.bytes() == 0);
    CHECK(good(spool.append(readings(31, 31))) == 31);
    CHECK(drain(spool) == span(31, 31));
    CHECK(spool.dropped() == 0);
}

TEST_CASE("readings that come while a spool is read come out after the others") {
    TempFolder const folder;
    auto spool = good(Spool::open(in(folder)));
    REQUIRE(spool.append(readings(1, 10)).has_value());
    CHECK(spool.read(4, at(noon)).size() == 4);
    REQUIRE(spool.append(readings(11, 12)).has_value());
    CHECK(drain(spool) == span(5, 12));
}

TEST_CASE(
    "a spool stays within its bytes, drops whole files from the oldest on and counts what was in them") {
    TempFolder const folder;
    constexpr std::uint64_t most = 64 * 1024;
    auto spool = good(Spool::open(in(folder, most)));
    constexpr std::uint64_t count = 4000;
    for (std::uint64_t n = 1; n <= count; n += 10) {
        REQUIRE(spool.append(readings(n, n + 9)).has_value());
        CHECK(spool.bytes() <= most);
    }
    CHECK(spool.bytes() > most / 2);
    CHECK(spool.dropped() > 0);
    CHECK(spool.depth() + spool.dropped() == count);
    auto const left = drain(spool);
    CHECK(left == span(spool.dropped() + 1, count));
}

TEST_CASE("what was handed out is not counted as dropped when its file makes room") {
    TempFolder const folder;
    auto spool = good(Spool::open(in(folder, 64 * 1024)));
    REQUIRE(spool.append(readings(1, 100)).has_value());
    CHECK(spool.read(60, at(noon)).size() == 60);
    for (std::uint64_t n = 101; spool.dropped() == 0; n += 10)
        REQUIRE(spool.append(readings(n, n + 9)).has_value());
    CHECK(spool.dropped() >= 40);
    CHECK(spool.last_read() == 60 + spool.dropped());
}

TEST_CASE("readings that have waited too long are dropped and counted") {
    TempFolder const folder;
    auto spool = good(Spool::open(in(folder)));
    REQUIRE(spool.append(readings(1, 20)).has_value());
    auto const hour = std::chrono::milliseconds(std::chrono::hours(1)).count();
    CHECK(drain(spool, at(noon + hour + 15)) == span(15, 20));
    CHECK(spool.dropped() == 14);
    spool.release(spool.last_read());
    CHECK(file_count(folder) == 0);
}

TEST_CASE("a clock that jumps while readings lie in a spool costs none of them silently") {
    TempFolder const folder;
    constexpr std::int64_t hour = 3'600'000;
    auto const taken_at = [](std::int64_t ms, std::uint64_t first, std::uint64_t last) {
        auto some = readings(first, last);
        for (auto& one : some) one.time = at(ms + static_cast<std::int64_t>(one.payload.size()));
        return some;
    };
    auto spool = good(Spool::open(in(folder)));
    good(spool.append(taken_at(noon, 1, 10)));

    SECTION("back, by less or more than what readings may wait") {
        auto const jump = GENERATE(hour / 2, 5 * hour, 24 * 365 * hour);
        good(spool.append(taken_at(noon - jump, 11, 20)));
        CHECK(drain(spool, at(noon - jump + 1000)) == span(1, 20));
        CHECK(spool.dropped() == 0);
    }
    SECTION("back and forth") {
        good(spool.append(taken_at(noon - 5 * hour, 11, 20)));
        good(spool.append(taken_at(noon + 1000, 21, 30)));
        // By the clock as it is now they are too old, and that is said.
        auto const left = drain(spool, at(noon + 2000));
        CHECK(left.size() == 20);
        CHECK(spool.dropped() == 10);
    }
    SECTION("far ahead, and no way back") {
        good(spool.append(taken_at(noon + 24 * hour, 11, 20)));
        CHECK(drain(spool, at(noon + 24 * hour + 1000)) == span(11, 20));
        CHECK(spool.dropped() == 10);
    }
    SECTION("to where no clock is, as before it is set") {
        CHECK(drain(spool, Timestamp{}) == span(1, 10));
        CHECK(spool.dropped() == 0);
    }
    CHECK(spool.depth() == 0);
}

TEST_CASE("a spool whose last 4 KiB are zeroes costs the readings in them and no others") {
    TempFolder const folder;
    {
        auto spool = good(Spool::open(in(folder)));
        REQUIRE(spool.append(readings(1, 200)).has_value());
    }
    auto const file = newest_file(folder);
    auto const size = std::filesystem::file_size(file);
    REQUIRE(size > 8192);
    std::filesystem::resize_file(file, size - 4096);
    std::filesystem::resize_file(file, size);
    auto spool = good(Spool::open(in(folder)));
    CHECK(spool.damaged_bytes() >= 4096);
    CHECK(spool.damaged_bytes() < 4096 + 100);
    REQUIRE(spool.append(readings(1001, 1003)).has_value());
    auto const numbers = drain(spool);
    REQUIRE(numbers.size() > 100);
    auto const kept = numbers.size() - 3;
    CHECK(std::vector(numbers.begin(), numbers.begin() + static_cast<long>(kept)) == span(1, kept));
    CHECK(std::vector(numbers.begin() + static_cast<long>(kept), numbers.end()) == span(1001, 1003));
    spool.release(spool.last_read());
    CHECK(file_count(folder) == 0);
}

TEST_CASE("a spool cut anywhere or full of noise opens and goes on") {
    TempFolder const folder;
    {
        auto spool = good(Spool::open(in(folder)));
        REQUIRE(spool.append(readings(1, 3)).has_value());
    }
    auto const file = newest_file(folder);
    std::string const whole = test::read_file(file);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        std::ofstream(file, std::ios::trunc) << whole.substr(0, size);
        auto spool = good(Spool::open(in(folder)));
        auto const lines = static_cast<std::uint64_t>(
            std::count(whole.begin(), whole.begin() + static_cast<long>(size), '\n'));
        CHECK(spool.depth() == lines);
        CHECK(drain(spool).size() == lines);
    }
    std::ofstream(file, std::ios::trunc) << std::string(10'000, '\xa5') << "\n\n\n";
    auto spool = good(Spool::open(in(folder)));
    CHECK(spool.depth() == 0);
    CHECK(spool.damaged_bytes() == 10'003);
    REQUIRE(spool.append(readings(7, 8)).has_value());
    CHECK(drain(spool) == span(7, 8));
}

TEST_CASE("a folder that cannot be used and one that another instance uses are refused with a sentence") {
    TempFolder const folder;
    auto const first = Spool::open(in(folder));
    REQUIRE(first.has_value());
    auto const second = Spool::open(in(folder));
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().code == Errc::config);
    CHECK_THAT(second.error().detail, contains_text("another instance"));
    auto const nowhere = Spool::open({"/dev/null/spool", 1 << 20, std::chrono::hours(1)});
    REQUIRE_FALSE(nowhere.has_value());
    CHECK(nowhere.error().code == Errc::io);
}
