// SPDX-License-Identifier: MIT
#include "mastertronic2mqtt/redact.hpp"
#include "mastertronic2mqtt/dump.hpp"

#include "support/made_dump.hpp"

#include "catch.hpp"

using namespace mastertronic;

namespace {

constexpr bridge::Timestamp received{std::chrono::milliseconds(1'785'570'000'000)};

Dump read(std::string const& bytes) {
    auto dump = read_dump(bridge::as_bytes(bytes), received);
    REQUIRE(dump.has_value());
    return *dump;
}

std::string redacted(std::string const& bytes) {
    auto const shown = redact(bridge::as_bytes(bytes));
    INFO((shown ? "" : shown.error().detail));
    REQUIRE(shown.has_value());
    return *shown;
}

/// A dump with its owner in every corner of it.
std::string secretive() {
    return test::made_dump(
        "CREATE TABLE 'canary results' (id INTEGER PRIMARY KEY, canaryColumn TEXT, parameter TEXT, value, "
        "baselinedValue, multiply_factor, isHidden, recordTime);"
        "INSERT INTO 'canary results' VALUES (1,'canary','KH_VAL',820,-1,100,0,1785500000),"
        "(2,'canary','ca',4310,NULL,10,0,'2026-03-01T06:00:00Z'),(3,'','KH_VAL',-1,-1,100,0,1785500060),"
        "(4,'','canary',5,-1,1,0,1785500061),(5,'','KH_VAL','canary',-1,100,0,1785500062),"
        "(6,'','KH_VAL',830,-1,100,1,1785500063),(7,'','KH_VAL',830,-1,100,0,'canary'),"
        "(8,'',x'63616e617279',1,-1,1,0,1785500064);"
        "CREATE TABLE wifi (ssid TEXT, password TEXT); INSERT INTO wifi VALUES ('canary','canary');"
        "CREATE INDEX canary_index ON wifi(ssid); CREATE VIEW canary_view AS SELECT 'canary' AS canary;"
        "CREATE TABLE gone (t TEXT); INSERT INTO gone VALUES ('canary deleted'); DELETE FROM gone;");
}

}  // namespace

TEST_CASE("a redacted dump has the same results, and the same rows that are none") {
    auto const bytes = secretive();
    auto const before = read(bytes);
    auto const after = read(redacted(bytes));
    CHECK(before.results.size() == 2);
    CHECK(after.results == before.results);
    CHECK(after.left_out == before.left_out);
    CHECK(after.understood().has_value());
    CHECK(redacted(bytes) == redacted(bytes));
}

TEST_CASE("a redacted dump holds nothing of its owner") {
    auto const bytes = secretive();
    CHECK(bytes.find("canary") != std::string::npos);
    auto const shown = redacted(bytes);
    CHECK(shown.find("canary") == std::string::npos);
    CHECK(shown.find("wifi") == std::string::npos);
    CHECK(read(shown).tables.size() == 1);
}

TEST_CASE("what is no dump with results cannot be redacted") {
    CHECK_FALSE(redact(bridge::as_bytes(std::string("<html>canary"))).has_value());
    CHECK_FALSE(redact(bridge::as_bytes(test::made_dump("CREATE TABLE wifi (ssid TEXT);"))).has_value());
    CHECK_FALSE(redact(bridge::as_bytes(secretive().substr(0, 4096))).has_value());
}
