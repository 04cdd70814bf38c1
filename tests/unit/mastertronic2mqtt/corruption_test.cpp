// SPDX-License-Identifier: MIT
#include "mastertronic2mqtt/dump.hpp"
#include "mastertronic2mqtt/publication.hpp"

#include "support/made_dump.hpp"
#include "support/seed.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>

using namespace mastertronic;

namespace {

constexpr bridge::Timestamp received{std::chrono::milliseconds(1'785'570'000'000)};
constexpr std::size_t page = 4096;

/// How many corruptions: more in a long run.
int rounds() {
    char const* const asked = std::getenv("BRIDGE_CORRUPTIONS");
    return asked ? std::atoi(asked) : 1000;
}

/// 600 results of three parameters on a dozen pages, and other tables between.
std::string good_dump() {
    std::string sql =
        "CREATE TABLE test_record (id INTEGER PRIMARY KEY, parameter TEXT NOT NULL, value INTEGER, "
        "baselined_value "
        "INTEGER, multiply_factor INTEGER, note TEXT, is_hidden INTEGER, record_time INTEGER NOT NULL);"
        "CREATE INDEX by_time ON test_record (record_time); CREATE TABLE log (ts REAL, text TEXT); BEGIN;";
    for (int i = 0; i < 200; ++i) {
        std::string const time = std::to_string(1'767'000'000 + i * 21600);
        sql += "INSERT INTO test_record VALUES (NULL,'KH_VAL'," + std::to_string(800 + i % 37) +
               ",-1,100,'',0," + time + ");";
        sql += "INSERT INTO test_record VALUES (NULL,'CA_VAL'," + std::to_string(420 + i % 23) +
               ",-1,1,'a note',0," + time + ");";
        sql += "INSERT INTO test_record VALUES (NULL,'MG_VAL',1300," + std::to_string(1310 + i % 29) +
               ",1,NULL,0," + time + ");";
        sql +=
            "INSERT INTO log VALUES (" + time + ", 'something happened to vial " + std::to_string(i) + "');";
    }
    return test::made_dump(sql + "COMMIT;");
}

class Corruption {
  public:
    explicit Corruption(unsigned seed) : random_(seed) {}

    std::string flip(std::string bytes) {
        for (auto flips = 1 + below(8); flips > 0; --flips) {
            char& byte = bytes[below(bytes.size())];
            byte = static_cast<char>(static_cast<unsigned char>(byte) ^ 1U << below(8));
        }
        return bytes;
    }
    std::string garble(std::string bytes) {
        auto const from = below(bytes.size());
        auto const size = std::min<std::size_t>(1 + below(64), bytes.size() - from);
        for (std::size_t i = 0; i < size; ++i) bytes[from + i] = static_cast<char>(below(256));
        return bytes;
    }
    std::string cut(std::string bytes) { return bytes.substr(0, below(bytes.size())); }
    /// Ends at a page's end, as a copy that was interrupted may.
    std::string cut_pages(std::string bytes) { return bytes.substr(0, below(bytes.size() / page) * page); }
    std::string blank(std::string bytes) {
        auto const from = below(bytes.size() / 512) * 512;
        std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(from), 512, '\0');
        return bytes;
    }
    /// One page stands where another should.
    std::string misplace(std::string bytes) {
        auto const pages = bytes.size() / page;
        auto const from = below(pages);
        auto const to = (from + 1 + below(pages - 1)) % pages;
        return bytes.replace(to * page, page, std::string(bytes, from * page, page));
    }
    std::string any(std::string bytes) {
        switch (below(6)) {
            case 0:
                return garble(std::move(bytes));
            case 1:
                return cut(std::move(bytes));
            case 2:
                return cut_pages(std::move(bytes));
            case 3:
                return blank(std::move(bytes));
            case 4:
                return misplace(std::move(bytes));
            default:
                return flip(std::move(bytes));
        }
    }

  private:
    std::size_t below(std::size_t count) { return random_() % count; }
    std::mt19937_64 random_;
};

std::size_t foreign(std::vector<TestResult> const& results, Dump const& good) {
    return static_cast<std::size_t>(std::count_if(results.begin(), results.end(), [&](TestResult const& one) {
        return !std::binary_search(good.results.begin(), good.results.end(), one);
    }));
}

}  // namespace

TEST_CASE("of a dump that is cut nothing is read") {
    std::string const good = good_dump();
    Corruption corruption(1);
    for (int i = 0; i < rounds() / 2; ++i) {
        CHECK_FALSE(read_dump(bridge::as_bytes(corruption.cut(good)), received).has_value());
        CHECK_FALSE(read_dump(bridge::as_bytes(corruption.cut_pages(good)), received).has_value());
    }
}

TEST_CASE("a page that is blank or another gives no value that the dump does not have") {
    std::string const good = good_dump();
    auto const whole = read_dump(bridge::as_bytes(good), received);
    REQUIRE(whole.has_value());
    REQUIRE(whole->results.size() == 600);
    Corruption corruption(2);
    for (int i = 0; i < rounds() / 2; ++i) {
        for (auto const& bad : {corruption.blank(good), corruption.misplace(good)}) {
            auto const dump = read_dump(bridge::as_bytes(bad), received);
            if (dump) CHECK(foreign(dump->results, *whole) == 0);
            if (!dump) CHECK_FALSE(dump.error().detail.empty());
        }
    }
}

// A bit that flips inside a number leaves a number: that no reader of one dump can see. Two downloads can.
TEST_CASE("whatever is corrupted no wrong value is published and a good dump is published whole") {
    std::string const good = good_dump();
    auto const whole = read_dump(bridge::as_bytes(good), received);
    REQUIRE(whole.has_value());
    auto const chosen = test::seed(3);
    INFO("seed " << chosen);
    Corruption corruption(static_cast<unsigned>(chosen));
    std::size_t refused = 0, unchanged = 0, wrong_in_one_dump = 0, published = 0;
    Publication publication({});
    for (int i = 0; i < rounds(); ++i) {
        auto const dump = read_dump(bridge::as_bytes(corruption.any(good)), received);
        if (!dump) {
            ++refused;
            continue;
        }
        auto const wrong = foreign(dump->results, *whole);
        wrong_in_one_dump += wrong > 0 ? 1U : 0U;
        unchanged += dump->results == whole->results ? 1U : 0U;
        publication.take(dump->results);
        for (auto batch = publication.next(); !batch.empty(); batch = publication.next()) {
            auto const delivered = publication.delivered();
            CHECK(foreign(delivered, *whole) == 0);
            published += delivered.size();
        }
    }
    publication.take(whole->results);
    publication.take_again();
    for (auto batch = publication.next(); !batch.empty(); batch = publication.next()) {
        published += publication.delivered().size();
    }
    CHECK(published == whole->results.size());
    WARN(rounds() << " corruptions: " << refused << " dumps refused, " << unchanged << " gave all values, "
                  << wrong_in_one_dump << " a wrong one that a second download refuted");
    CHECK(refused > 0);
}
