// SPDX-License-Identifier: MIT
#include "devsim/mastertronic_database.hpp"
#include "devsim/mastertronic_tests.hpp"

#include "catch.hpp"

#include <sqlite3.h>
#include <map>
#include <set>

using namespace devsim;

namespace {

struct Range {
    double least, most;
};

/// What reef tanks have.
std::map<std::string_view, Range> const ranges = {{"KH_VAL", {6, 12}},      {"CA_VAL", {350, 500}},
                                                  {"MG_VAL", {1200, 1500}}, {"NI_VAL", {0, 50}},
                                                  {"PO_VAL", {0, 0.5}},     {"OLI_VAL", {0, 1000}}};

std::vector<WaterTest> rounds(std::uint64_t seed, std::int64_t count) {
    WaterTests const tests(seed);
    std::vector<WaterTest> all;
    for (std::int64_t number = 0; number < count; ++number) {
        for (auto& test : tests.round(number)) {
            test.record_time = 1'767'000'000 + number * 21'600 + static_cast<std::int64_t>(test.end.count());
            all.push_back(std::move(test));
        }
    }
    return all;
}

std::string file_of(std::vector<WaterTest> const& tests) {
    auto database = MastertronicDatabase::open(1);
    REQUIRE(database.has_value());
    for (auto const& test : tests) REQUIRE(database->add(test).has_value());
    auto bytes = database->bytes();
    REQUIRE(bytes.has_value());
    return *bytes;
}

/// The one text that a question to these bytes answers with; the error's text if there is none.
std::string ask(std::string bytes, char const* sql) {
    sqlite3* database = nullptr;
    sqlite3_open(":memory:", &database);
    auto const size = static_cast<sqlite3_int64>(bytes.size());
    auto* const data = reinterpret_cast<unsigned char*>(bytes.data());
    sqlite3_deserialize(database, "main", data, size, size, SQLITE_DESERIALIZE_READONLY);
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(database, sql, -1, &statement, nullptr);
    std::string answer = sqlite3_step(statement) == SQLITE_ROW
                             ? reinterpret_cast<char const*>(sqlite3_column_text(statement, 0))
                             : sqlite3_errmsg(database);
    sqlite3_finalize(statement);
    sqlite3_close_v2(database);
    return answer;
}

}  // namespace

TEST_CASE("a tank's tests are those of its seed, whichever round is asked for first") {
    CHECK(rounds(3, 40) == rounds(3, 40));
    CHECK(rounds(3, 40) != rounds(4, 40));
    CHECK(WaterTests(3).round(7) == WaterTests(3).round(7));
}

TEST_CASE("a tank has what tanks have, and its tests go wrong as tests do") {
    std::size_t failed = 0, hidden = 0, baselined = 0;
    std::map<std::string_view, std::size_t> counts;
    for (auto const& test : rounds(5, 1200)) {
        ++counts[test.parameter];
        hidden += test.hidden ? 1U : 0U;
        baselined += test.baselined_value > -1 ? 1U : 0U;
        if (test.value == -1) {
            CHECK(test.baselined_value == -1);
            ++failed;
            continue;
        }
        INFO(test.parameter << ' ' << test.value);
        double const value = static_cast<double>(test.value) / static_cast<double>(test.multiply_factor);
        CHECK(value >= ranges.at(test.parameter).least);
        CHECK(value <= ranges.at(test.parameter).most);
    }
    CHECK(counts["KH_VAL"] == 1200);
    CHECK(counts["PO_VAL"] == 300);
    CHECK(failed > 20);
    CHECK(hidden > 10);
    CHECK(baselined > 1000);
}

TEST_CASE("some tests end in the same second, none of the same parameter do") {
    std::set<std::pair<std::string_view, std::int64_t>> seen;
    std::set<std::int64_t> seconds;
    auto const tests = rounds(6, 100);
    for (auto const& test : tests) {
        CHECK(seen.emplace(test.parameter, test.record_time).second);
        seconds.insert(test.record_time);
    }
    CHECK(seconds.size() < tests.size());
}

TEST_CASE("the dump is a whole database with every test") {
    auto const tests = rounds(7, 50);
    auto const file = file_of(tests);
    CHECK(file.starts_with("SQLite format 3"));
    CHECK(ask(file, "PRAGMA integrity_check") == "ok");
    CHECK(ask(file, "SELECT count(*) FROM test_record") == std::to_string(tests.size()));
    CHECK(ask(file, "SELECT count(*) FROM test_record WHERE note = 'nach Wasserwechsel geprüft'") != "0");
}

TEST_CASE("damage does to a file what its name says") {
    auto const file = file_of(rounds(8, 200));
    Random random(1);
    CHECK(damaged(FileDamage::truncated, file, random) == file.substr(0, file.size() / 2));
    auto const flipped = damaged(FileDamage::flipped, file, random);
    REQUIRE(flipped.size() == file.size());
    std::size_t different = 0;
    for (std::size_t i = 0; i < file.size(); ++i) different += file[i] != flipped[i] ? 1U : 0U;
    CHECK(different >= 1);
    CHECK(different <= 5);
    std::size_t seen = 0;
    for (int i = 0; i < 50; ++i) {
        auto const torn = damaged(FileDamage::torn, file, random);
        REQUIRE(torn.size() == file.size());
        seen += ask(torn, "PRAGMA integrity_check") != "ok" ? 1U : 0U;
    }
    CHECK(seen > 25);
}
