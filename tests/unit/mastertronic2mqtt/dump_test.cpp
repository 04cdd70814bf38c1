// SPDX-License-Identifier: MIT
#include "mastertronic2mqtt/decode.hpp"
#include "mastertronic2mqtt/introspect.hpp"

#include "support/made_dump.hpp"

#include "catch.hpp"

#include <string>
#include <vector>

using namespace mastertronic;
using bridge::Errc;
using test::made_dump;

namespace {

constexpr bridge::Timestamp received{std::chrono::milliseconds(1'785'570'000'000)};

std::string const table =
    "CREATE TABLE test_record (id INTEGER PRIMARY KEY, parameter TEXT, value INTEGER, baselined_value "
    "INTEGER, "
    "multiply_factor INTEGER, is_hidden INTEGER, record_time INTEGER);";

std::string row(std::string const& values) {
    return "INSERT INTO test_record (parameter, value, baselined_value, multiply_factor, is_hidden, "
           "record_time) "
           "VALUES (" +
           values + ");";
}

bridge::Result<Dump> read(std::string const& file) { return read_dump(bridge::as_bytes(file), received); }

Dump whole(std::string const& sql) {
    auto const dump = read(made_dump(sql));
    INFO((dump ? std::string() : dump.error().detail));
    REQUIRE(dump.has_value());
    return *dump;
}

std::uint64_t left_out(Dump const& dump, LeftOut reason) {
    return dump.left_out[static_cast<std::size_t>(reason)];
}

/// What one row gives: `kh_dkh 8.2`, or the reason why it gives nothing.
std::string said(std::string const& values) {
    Dump const dump = whole(table + row(values));
    if (dump.results.size() == 1) {
        auto const& result = dump.results[0];
        auto const reading = to_sample(result).readings.at(0);
        return reading.name + " " + std::to_string(std::get<double>(reading.value));
    }
    for (std::size_t reason = 0; reason < left_out_kinds; ++reason) {
        if (dump.left_out[reason] == 1) return std::string(to_string(static_cast<LeftOut>(reason)));
    }
    return "nothing";
}

}  // namespace

TEST_CASE("a row is a result by the device's own rule, or is left out with its reason") {
    struct Case {
        std::string values, expected;
    };
    std::vector<Case> const cases = {
        {"'KH_VAL', 820, -1, 100, 0, 1767607920", "kh_dkh 8.200000"},
        {"'KH_VAL', 820, 840, 100, 0, 1767607920", "kh_dkh 8.400000"},
        {"'KH_VAL', 820, 0, 100, 0, 1767607920", "kh_dkh 0.000000"},
        {"'KH_VAL', 820, NULL, 100, NULL, 1767607920", "kh_dkh 8.200000"},
        {"'dkh', 820, -1, 100, 0, 1767607920", "kh_dkh 8.200000"},
        {"'CA_VAL', 431, -1, 1, 0, 1767607920", "ca_mg_l 431.000000"},
        {"'mg', 1340, -1, 1, 0, 1767607920", "mg_mg_l 1340.000000"},
        {"'NI_VAL', 0, -1, 100, 0, 1767607920", "no3_mg_l 0.000000"},
        {"'po4', 5, -1, 100, 0, 1767607920", "po4_mg_l 0.050000"},
        {"'OLI_VAL', 45, -1, 1, 0, 1767607920", "oli_u 45.000000"},
        {"'KH_VAL', -1, -1, 100, 0, 1767607920", "failed"},
        {"'KH_VAL', 820, -1, 100, 1, 1767607920", "hidden"},
        {"'XY_VAL', 820, -1, 100, 0, 1767607920", "unknown_parameter"},
        {"NULL, 820, -1, 100, 0, 1767607920", "unknown_parameter"},
        {"'KH_VAL', 820, -1, 100, 0, 0", "no_time"},
        {"'KH_VAL', 820, -1, 100, 0, NULL", "no_time"},
        {"'KH_VAL', 'a lot', -1, 100, 0, 1767607920", "no_number"},
        {"'KH_VAL', NULL, -1, 100, 0, 1767607920", "no_number"},
        {"'KH_VAL', 820, 'none', 100, 0, 1767607920", "no_number"},
        {"'KH_VAL', 820, -1, NULL, 0, 1767607920", "unscaled"},
        {"'KH_VAL', 820, -1, 0, 0, 1767607920", "unscaled"},
        {"'KH_VAL', 82000, -1, 100, 0, 1767607920", "implausible"},
        {"'KH_VAL', 9e999, -1, 100, 0, 1767607920", "implausible"},
    };
    for (auto const& one : cases) {
        INFO(one.values);
        CHECK(said(one.values) == one.expected);
    }
}

TEST_CASE("a table without factors gives no values") {
    Dump const dump =
        whole("CREATE TABLE t (parameter, value, time); INSERT INTO t VALUES ('kh', 8.2, 1767607920)");
    CHECK(dump.understood().has_value());
    CHECK(dump.results.empty());
    CHECK(left_out(dump, LeftOut::unscaled) == 1);
}

TEST_CASE("two parameters of the same second are two results") {
    Dump const dump =
        whole(table + row("'ca', 431, -1, 1, 0, 1767607920") + row("'kh', 820, -1, 100, 0, 1767607920"));
    REQUIRE(dump.results.size() == 2);
    CHECK(dump.results[0].parameter->channel == "ca");
    CHECK(dump.results[1].parameter->channel == "kh");
}

TEST_CASE("what stands twice is one result, and none if it differs") {
    std::string const other =
        "CREATE TABLE copy AS SELECT * FROM test_record; UPDATE copy SET value = 900 WHERE parameter = 'kh';";
    Dump const dump = whole(table + row("'ca', 431, -1, 1, 0, 1767607920") +
                            row("'kh', 820, -1, 100, 0, 1767607920") + other);
    REQUIRE(dump.results.size() == 1);
    CHECK(dump.results[0].parameter->channel == "ca");
    CHECK(left_out(dump, LeftOut::contradicted) == 2);
}

TEST_CASE("columns are recognised however the table is made") {
    std::string const values = "('KH_VAL', 820, 100, 1767607920)";
    for (std::string const sql : {
             "CREATE TABLE t (parameter TEXT, value INT, multiply_factor INT, record_time INT); INSERT INTO "
             "t VALUES ",
             "CREATE TABLE \"order \"\"1\"\" ü\" (\"Parameter\", \"VALUE\", multiplyFactor, recordTime); "
             "INSERT INTO "
             "\"order \"\"1\"\" ü\" VALUES ",
             "CREATE TABLE t (parameter TEXT, value INT, multiply_factor INT, record_time INT, PRIMARY KEY "
             "(record_time, parameter)) WITHOUT ROWID; INSERT INTO t VALUES ",
             "PRAGMA encoding='UTF-16le'; CREATE TABLE t (parameter, value, multiply_factor, record_time); "
             "INSERT INTO "
             "t VALUES ",
             "PRAGMA page_size=65536; CREATE TABLE t (parameter, value, multiply_factor, record_time); "
             "INSERT INTO t "
             "VALUES ",
             "PRAGMA page_size=512; CREATE TABLE t (parameter, value, multiply_factor, record_time); INSERT "
             "INTO t "
             "VALUES ",
         }) {
        INFO(sql);
        Dump const dump = whole(sql + values);
        REQUIRE(dump.results.size() == 1);
        CHECK(dump.results[0].value == 8.2);
    }
}

TEST_CASE("a dump of a database with a write-ahead log is read without it") {
    std::string file = made_dump(table + row("'kh', 820, -1, 100, 0, 1767607920"));
    file[18] = file[19] = 2;
    auto const dump = read(file);
    REQUIRE(dump.has_value());
    CHECK(dump->results.size() == 1);
}

TEST_CASE("what is no dump, or a part of one, is refused with a reason") {
    std::string const good = made_dump(table + row("'kh', 820, -1, 100, 0, 1767607920"));
    REQUIRE(good.size() > 4096);
    for (std::string const& bad :
         {std::string(), std::string("SQLite"), std::string("<!DOCTYPE html><html></html>"),
          std::string("{\"result\":false}"), std::string(4096, '\0'), good.substr(0, 90),
          good.substr(0, 4096), good.substr(0, good.size() - 1), good.substr(0, 5000)}) {
        INFO(bad.substr(0, 40) << " of " << bad.size());
        auto const dump = read(bad);
        REQUIRE_FALSE(dump.has_value());
        CHECK(dump.error().code == Errc::malformed);
        CHECK_FALSE(dump.error().detail.empty());
    }
}

TEST_CASE("decode gives the device's own reading first, then the results, oldest first") {
    auto const file =
        made_dump(table + row("'kh', 830, -1, 100, 0, 1767607999") + row("'ca', 431, -1, 1, 0, 1767607920"));
    auto const samples = decode(bridge::as_bytes(file), received);
    REQUIRE(samples.has_value());
    std::vector<bridge::Sample> const expected = {
        {"",
         "",
         received,
         {{"result_count", std::int64_t{2}}, {"dump_size_bytes", static_cast<std::int64_t>(file.size())}}},
        {"",
         "ca",
         bridge::Timestamp(std::chrono::milliseconds(1'767'607'920'000)),
         {{"ca_mg_l", 431.0}},
         true},
        {"", "kh", bridge::Timestamp(std::chrono::milliseconds(1'767'607'999'000)), {{"kh_dkh", 8.3}}, true},
    };
    CHECK(*samples == expected);
}

TEST_CASE("a database without any table of results is not understood") {
    auto const file = made_dump("CREATE TABLE t (a, b)");
    auto const samples = decode(bridge::as_bytes(file), received);
    REQUIRE_FALSE(samples.has_value());
    CHECK(samples.error().code == Errc::unsupported);
}

TEST_CASE("a schema's own programs are not run") {
    std::string const good = row("'kh', 820, -1, 100, 0, 1767607920");
    SECTION("a generated column refuses the dump") {
        auto const dump =
            read(made_dump(table + "CREATE TABLE g (a, b AS (length(hex(zeroblob(1000000)))) );" + good));
        REQUIRE_FALSE(dump.has_value());
        CHECK(dump.error().code == Errc::unsupported);
    }
    SECTION("a view of the right columns is no table") {
        Dump const dump =
            whole(table +
                  "CREATE VIEW v AS WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n) "
                  "SELECT 'kh' AS parameter, value, 1 AS multiply_factor, 1767607920 AS time FROM n;" +
                  good);
        CHECK(dump.tables.size() == 1);
        CHECK(dump.results.size() == 1);
    }
    SECTION("a check that would take for ever is not made") {
        Dump const dump = whole(
            "PRAGMA ignore_check_constraints=ON; CREATE TABLE slow (a CHECK (instr(zeroblob(900000), "
            "zeroblob(450000) || x'01') = 0)); INSERT INTO slow VALUES (1), (2), (3), (4), (5), (6);" +
            table + good);
        CHECK(dump.results.size() == 1);
    }
    SECTION("a virtual table is not opened") {
        Dump const dump = whole(table + "CREATE VIRTUAL TABLE f USING fts5(parameter, value, time);" + good);
        CHECK(dump.results.size() == 1);
        for (auto const& found : dump.tables) CHECK((found.name != "f" || found.columns.empty()));
    }
    SECTION("a trigger is never fired") {
        Dump const dump =
            whole(table + "CREATE TRIGGER x AFTER INSERT ON test_record BEGIN DELETE FROM test_record; END;");
        CHECK(dump.tables.size() == 1);
    }
}

TEST_CASE("a dump that takes too long to read is refused") {
    std::string const many = "INSERT INTO t SELECT 'kh', 820, 100, 1767607920 + value FROM n;";
    auto const dump =
        read(made_dump("CREATE TABLE t (parameter, value, multiply_factor, time); WITH RECURSIVE n(value) AS "
                       "(SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 500001) " +
                       many));
    REQUIRE_FALSE(dump.has_value());
    CHECK(dump.error().code == Errc::out_of_range);
}

TEST_CASE("a description has names and results and no content of other columns") {
    std::string const text = describe(whole(table + row("'kh', 820, -1, 100, 0, 1767607920") +
                                            row("'kh', -1, -1, 100, 0, 1767607921") +
                                            "CREATE TABLE device_setting (name, value); INSERT INTO "
                                            "device_setting VALUES ('wifi_password', 'secret');"));
    INFO(text);
    CHECK(text.find("newest kh_dkh 8.2 at 2026-01-05T10:12:00Z") != std::string::npos);
    CHECK(text.find("\"multiply_factor\"        factor") != std::string::npos);
    CHECK(text.find("left out: 1 rows, failed") != std::string::npos);
    CHECK(text.find("device_setting") != std::string::npos);
    CHECK(text.find("secret") == std::string::npos);
    CHECK(text.find("wifi_password") == std::string::npos);
}

TEST_CASE("ten years of tests are read within the limit of steps") {
    std::string const rows =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) INSERT INTO "
        "test_record "
        "(parameter, value, baselined_value, multiply_factor, is_hidden, record_time) SELECT 'kh', 820, -1, "
        "100, 0, "
        "1467607920 + i * 3000 FROM n;";
    CHECK(whole(table + rows).results.size() == 100'000);
}
