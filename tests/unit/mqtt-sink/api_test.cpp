// SPDX-License-Identifier: MIT
#include "mqtt-sink/api.hpp"
#include "mqtt-sink/store.hpp"

#include "support/temp_folder.hpp"

#include "catch.hpp"
#include "matchers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

using namespace sink;
using bridge::Reading;
using nlohmann::json;
using test::TempFolder;

namespace {

using Query = std::map<std::string, std::string>;

/// A store, and its questions and answers.
class Asked {
  public:
    Asked() {
        auto store = Store::open(path_);
        REQUIRE(store.has_value());
        store_.emplace(std::move(*store));
        auto reader = StoreReader::open(path_);
        REQUIRE(reader.has_value());
        reader_.emplace(std::move(*reader));
    }

    void write(std::string_view base, std::string_view device, std::int64_t ts, std::vector<Reading> readings,
               std::string_view channel = {}) {
        REQUIRE(store_->begin().has_value());
        REQUIRE(
            store_
                ->write(Measurement{base, device, channel, bridge::Timestamp(std::chrono::milliseconds(ts)),
                                    std::move(readings)})
                .has_value());
        REQUIRE(store_->commit(1, 1).has_value());
    }
    void set_availability(std::string_view base, std::string_view device, bool online) {
        REQUIRE(store_->begin().has_value());
        REQUIRE(store_->write(Availability{base, device, {}, online}).has_value());
        REQUIRE(store_->commit(1, 1).has_value());
    }
    Store& store() { return *store_; }

    json ok(std::string const& path, Query const& query = {}) { return json::parse(text(path, query)); }
    /// All of it, however many pieces it comes in.
    std::string text(std::string const& path, Query const& query = {}) {
        auto answer = ask(path, query);
        INFO(answer.body);
        CHECK(answer.status == 200);
        std::string all = answer.body;
        for (pieces_ = 1; answer.more; ++pieces_) {
            answer = answer.more(*reader_);
            REQUIRE(answer.status == 200);
            all += answer.body;
        }
        return all;
    }
    /// Of the last answer.
    [[nodiscard]] std::size_t pieces() const { return pieces_; }
    /// The status, and the sentence of an error.
    std::pair<unsigned, std::string> refusal(std::string const& path, Query const& query = {}) {
        auto const answer = ask(path, query);
        INFO(answer.body);
        return {answer.status, json::parse(answer.body).at("error").get<std::string>()};
    }
    unsigned refused(std::string const& path, Query const& query = {}) {
        auto const [status, sentence] = refusal(path, query);
        CHECK(sentence.size() > 5);
        return status;
    }
    ApiAnswer ask(std::string const& path, Query const& query) {
        auto const known = std::ranges::find(api_paths(), path, &ApiPath::path);
        REQUIRE(known != api_paths().end());
        return known->answer(
            {path, {query.begin(), query.end()}, bridge::Timestamp(std::chrono::milliseconds(10'000'000))},
            *reader_);
    }

  private:
    std::size_t pieces_ = 0;
    TempFolder folder_;
    std::string path_ = folder_ / "store.db";
    std::optional<Store> store_;
    std::optional<StoreReader> reader_;
};

Query const frequency = {{"device", "mains"}, {"field", "frequency_hz"}, {"from", "0"}};

Query operator+(Query left, Query const& right) {
    for (auto const& [name, value] : right) left[name] = value;
    return left;
}

}  // namespace

TEST_CASE("devices are told with their channels and newest readings") {
    Asked asked;
    CHECK(asked.ok("/api/v1/devices") == json::array());
    asked.write("mfm", "mains", 1000, {{"frequency_hz", 49.0}, {"old", 1.0}});
    asked.write("mfm", "mains", 2000, {{"frequency_hz", 50.0}, {"seq", std::int64_t{2}}});
    asked.write("mfm", "mains", 3000, {{"mean_hz", 51.0}}, "10s");
    asked.write("mfm", "second \"one\"", 1000, {{"name", std::string("x\n")}});
    asked.write("isems", "node", 1000, {{"a", 1.0}});
    asked.set_availability("mfm", "mains", true);
    asked.set_availability("isems", "never seen", false);
    CHECK(asked.ok("/api/v1/devices") == json::parse(R"([
        {"base":"isems","device":"never seen","availability":"offline","channels":[]},
        {"base":"isems","device":"node","ts":1000,"channels":[{"channel":"","ts":1000,"fields":{"a":1.0}}]},
        {"base":"mfm","device":"mains","availability":"online","ts":3000,"channels":[
            {"channel":"","ts":2000,"fields":{"frequency_hz":50.0,"seq":2}},
            {"channel":"10s","ts":3000,"fields":{"mean_hz":51.0}}]},
        {"base":"mfm","device":"second \"one\"","ts":1000,
         "channels":[{"channel":"","ts":1000,"fields":{"name":"x\n"}}]}])"));
}

TEST_CASE("where the bridge is gone its devices are offline whatever they said last") {
    Asked asked;
    asked.write("mfm", "mains", 1000, {{"frequency_hz", 50.0}});
    asked.write("mfm", "quiet", 1000, {{"frequency_hz", 50.0}});
    asked.set_availability("mfm", "mains", true);
    asked.set_availability("isems", "node", true);
    asked.set_availability("mfm", "bridge", false);
    auto const devices = asked.ok("/api/v1/devices");
    REQUIRE(devices.size() == 3);
    CHECK(devices.at(0).at("availability") == "online");
    CHECK(devices.at(1).at("availability") == "offline");
    CHECK_FALSE(devices.at(2).contains("availability"));
    asked.set_availability("mfm", "bridge", true);
    CHECK(asked.ok("/api/v1/devices").at(1).at("availability") == "online");
}

TEST_CASE("a query answers with what was measured between two times") {
    Asked asked;
    for (std::int64_t ts = 1000; ts <= 5000; ts += 1000) {
        asked.write("mfm", "mains", ts, {{"frequency_hz", 50.0 + static_cast<double>(ts) / 1000}});
    }
    asked.write("mfm", "mains", 3500, {{"other", 1.0}});
    asked.write("mfm", "mains", 2000, {{"frequency_hz", 1.0}}, "10s");
    auto const all = asked.ok("/api/v1/query", frequency);
    CHECK(all.at("points") == json::parse("[[1000,51.0],[2000,52.0],[3000,53.0],[4000,54.0],[5000,55.0]]"));
    CHECK(all.at("base") == "mfm");
    auto const some = asked.ok("/api/v1/query", frequency + Query{{"from", "2000"}, {"to", "3000"}});
    CHECK(some.at("points") == json::parse("[[2000,52.0],[3000,53.0]]"));
    auto const channel = asked.ok("/api/v1/query", frequency + Query{{"channel", "10s"}});
    CHECK(channel.at("points") == json::parse("[[2000,1.0]]"));
    CHECK(asked.ok("/api/v1/query", frequency + Query{{"from", "-1min"}}).at("points").empty());
    CHECK(asked.ok("/api/v1/query", frequency + Query{{"to", "1970-01-01T00:00:02Z"}}).at("points").size() ==
          2);
}

TEST_CASE("texts are answered as texts") {
    Asked asked;
    asked.write("mfm", "mains", 1000, {{"frequency_hz", std::string("a \"text\"")}});
    CHECK(asked.ok("/api/v1/query", frequency).at("points") == json::parse(R"([[1000,"a \"text\""]])"));
    CHECK(asked.ok("/api/v1/query", frequency + Query{{"points", "10"}}).at("points").empty());
}

TEST_CASE("points are means that keep least and most") {
    Asked asked;
    for (std::int64_t ts = 0; ts < 1000; ts += 10) {
        asked.write("mfm", "mains", ts, {{"frequency_hz", ts == 500 ? 99.0 : 50.0}});
    }
    auto const answer = asked.ok("/api/v1/query", frequency + Query{{"to", "999"}, {"points", "4"}});
    CHECK(answer.at("bucket_ms") == 250);
    auto const points = answer.at("points");
    REQUIRE(points.size() == 4);
    CHECK(points[0] == json::parse("[0,50.0,50.0,50.0]"));
    CHECK(points[2][0] == 500);
    CHECK(points[2][1].get<double>() == Approx(51.96));
    CHECK(points[2][2] == 50.0);
    CHECK(points[2][3] == 99.0);
    CHECK(asked.ok("/api/v1/query", frequency + Query{{"points", "1"}}).at("points").size() == 1);
    // Never more than asked for, whatever the division leaves.
    for (int count = 1; count < 60; ++count) {
        auto const some =
            asked.ok("/api/v1/query", frequency + Query{{"to", "999"}, {"points", std::to_string(count)}});
        CHECK(some.at("points").size() <= static_cast<std::size_t>(count));
    }
}

TEST_CASE("what is wrong with a question is said") {
    Asked asked;
    asked.write("mfm", "mains", 1000, {{"frequency_hz", 50.0}});
    asked.write("mfm", "twin", 1000, {{"frequency_hz", 50.0}});
    asked.write("isems", "twin", 1000, {{"frequency_hz", 50.0}});
    CHECK(asked.refused("/api/v1/query") == 400);
    CHECK(asked.refused("/api/v1/query", {{"device", "mains"}}) == 400);
    CHECK(asked.refused("/api/v1/query", frequency + Query{{"device", "nobody"}}) == 404);
    CHECK(asked.refused("/api/v1/query", frequency + Query{{"field", "nothing"}}) == 404);
    CHECK(asked.refused("/api/v1/query", frequency + Query{{"base", "isems"}}) == 404);
    CHECK(asked.refused("/api/v1/query", frequency + Query{{"device", "twin"}}) == 400);
    CHECK(asked.refused("/api/v1/query", frequency + Query{{"devise", "mains"}}) == 400);
    for (auto const* bad : {"", "x", "1.5.2026"}) {
        CHECK(asked.refused("/api/v1/query", frequency + Query{{"from", bad}}) == 400);
    }
    CHECK(asked.refused("/api/v1/query", frequency + Query{{"from", "2000"}, {"to", "1000"}}) == 400);
    for (auto const* bad : {"", "0", "-1", "10001", "1e3", "x"}) {
        CHECK(asked.refused("/api/v1/query", frequency + Query{{"points", bad}}) == 400);
    }
    asked.ok("/api/v1/query", frequency + Query{{"device", "twin"}, {"base", "isems"}});
}

TEST_CASE("what there is not is said with what there is") {
    Asked asked;
    asked.write("mfm", "mains", 1000, {{"frequency_hz", 50.0}});
    asked.write("mfm", "mains", 1000, {{"mean_hz", 50.0}}, "10s");
    auto const sentence = [&](Query const& query) { return asked.refusal("/api/v1/query", query).second; };
    CHECK(sentence(frequency + Query{{"device", "x"}}) == "nothing is stored of device x: there is mains");
    CHECK(sentence(frequency + Query{{"base", "x"}}) == "nothing of it is in base x: there is mfm");
    CHECK(sentence(frequency + Query{{"field", "x"}}) ==
          "mfm has no field x: there are frequency_hz, mean_hz");
    CHECK(sentence(frequency + Query{{"channel", "x"}}) ==
          "it has no channel \"x\": there are 10s, the device's own (channel=)");
    for (char c = 'a'; c < 'm'; ++c) asked.write("mfm", std::string(1, c), 1000, {{"frequency_hz", 50.0}});
    CHECK(sentence(frequency + Query{{"device", "x"}}) ==
          "nothing is stored of device x: /api/v1/devices shows which there are");
}

TEST_CASE("each series is told with its unit, its type and from when to when it goes") {
    Asked asked;
    CHECK(asked.ok("/api/v1/series") == json::array());
    asked.write("mfm", "mains", 1000, {{"frequency_hz", 49.0}, {"line_count", std::int64_t{1}}});
    asked.write("mfm", "mains", 2000, {{"frequency_hz", 50.0}, {"state_text", std::string("good")}});
    asked.write("mfm", "mains", 3000, {{"mean_hz", 51.0}}, "10s");
    asked.write("isems", "node", 1000, {{"a", 1.0}});
    CHECK(asked.ok("/api/v1/series", {{"device", "mains"}}) == json::parse(R"([
        {"base":"mfm","device":"mains","channel":"","field":"frequency_hz","unit":"Hz","type":"number","first":1000,"last":2000},
        {"base":"mfm","device":"mains","channel":"","field":"line_count","type":"number","first":1000,"last":2000},
        {"base":"mfm","device":"mains","channel":"","field":"state_text","type":"text","first":1000,"last":2000},
        {"base":"mfm","device":"mains","channel":"10s","field":"mean_hz","unit":"Hz","type":"number","first":3000,"last":3000}])"));
    CHECK(asked.ok("/api/v1/series").size() == 5);
    CHECK(asked.ok("/api/v1/series", {{"device", "mains"}, {"channel", ""}}).size() == 3);
    CHECK(asked.ok("/api/v1/series", {{"base", "isems"}}).size() == 1);
    CHECK(asked.refused("/api/v1/series", {{"device", "x"}}) == 404);
    CHECK(asked.refused("/api/v1/series", {{"base", "x"}}) == 404);
    CHECK(asked.refused("/api/v1/series", {{"channel", "x"}}) == 404);
    CHECK(asked.refused("/api/v1/series", {{"field", "a"}}) == 400);
}

TEST_CASE("a long answer comes in pieces and is whole") {
    Asked asked;
    REQUIRE(asked.store().begin().has_value());
    constexpr std::int64_t count = 30'001;
    for (std::int64_t ts = 0; ts < count; ++ts) {
        std::vector<Reading> readings = {{"frequency_hz", 50.0}};
        // Long stretches without the one that is asked for.
        if (ts % 7000 == 0) readings.push_back({"rare", std::int64_t{ts}});
        auto const time = bridge::Timestamp(std::chrono::milliseconds(ts));
        REQUIRE(asked.store().write(Measurement{"mfm", "mains", "", time, readings}).has_value());
    }
    REQUIRE(asked.store().commit(1, 1).has_value());
    auto const points = asked.ok("/api/v1/query", frequency).at("points");
    REQUIRE(points.size() == count);
    CHECK(asked.pieces() > 4);
    bool in_order = true;
    for (std::int64_t ts = 0; ts < count; ++ts)
        in_order = in_order && points[static_cast<std::size_t>(ts)][0] == ts;
    CHECK(in_order);
    CHECK(asked.ok("/api/v1/query", frequency + Query{{"field", "rare"}}).at("points") ==
          json::parse("[[0,0],[7000,7000],[14000,14000],[21000,21000],[28000,28000]]"));
    auto const lines = asked.text("/api/v1/export.csv", {{"device", "mains"}, {"from", "0"}});
    CHECK(std::ranges::count(lines, '\n') == count + 1);
    CHECK(asked.pieces() > 4);
}

TEST_CASE("calculating leaves no noise in what is answered") {
    Asked asked;
    asked.write("mfm", "mains", 1000, {{"frequency_hz", 49.989999999999995}});
    asked.write("mfm", "mains", 2000, {{"frequency_hz", 50.0}});
    auto const raw = asked.text("/api/v1/query", frequency);
    CHECK_THAT(raw, contains_text("[1000,49.99],[2000,50.0]"));
    auto const points = asked.text("/api/v1/query", frequency + Query{{"to", "2000"}, {"points", "1"}});
    CHECK_THAT(points, contains_text("[[0,49.995,49.99,50.0]]"));
    CHECK_THAT(asked.text("/api/v1/devices"), contains_text("50.0"));
}

TEST_CASE("a channel is exported with a column for each of its fields") {
    Asked asked;
    asked.write("mfm", "mains", 1785570000123,
                {{"frequency_hz", 50.013}, {"note", std::string("a, \"b\"\n")}});
    asked.write("mfm", "mains", 1785570001000, {{"line_count", std::int64_t{6}}, {"note", std::string()}});
    asked.write("mfm", "mains", 1785570001000, {{"mean_hz", 50.0}}, "10s");
    Query const all = {{"device", "mains"}, {"from", "0"}, {"to", "2026-09-01"}};
    CHECK(asked.text("/api/v1/export.csv", all) ==
          "time,ts,frequency_hz,line_count,note\r\n"
          "2026-08-01T07:40:00.123Z,1785570000123,50.013,,\"a, \"\"b\"\"\n\"\r\n"
          "2026-08-01T07:40:01.000Z,1785570001000,,6,\"\"\r\n");
    // In the order asked for; a reading with none of them is no line.
    CHECK(asked.text("/api/v1/export.csv",
                     all + Query{{"fields", "line_count,frequency_hz"}, {"to", "1785570000123"}}) ==
          "time,ts,line_count,frequency_hz\r\n2026-08-01T07:40:00.123Z,1785570000123,,50.013\r\n");
    CHECK(asked.text("/api/v1/export.csv", all + Query{{"channel", "10s"}}) ==
          "time,ts,mean_hz\r\n2026-08-01T07:40:01.000Z,1785570001000,50.0\r\n");
    auto const answer = asked.ask("/api/v1/export.csv", all + Query{{"channel", "10s"}});
    CHECK(answer.content_type == "text/csv; charset=utf-8; header=present");
    CHECK(answer.file_name == "mfm_mains_10s.csv");
    for (auto const* bad : {"", ",", "a,", "line_count,line_count"})
        CHECK(asked.refused("/api/v1/export.csv", all + Query{{"fields", bad}}) == 400);
    CHECK(asked.refused("/api/v1/export.csv", all + Query{{"fields", "line_count,x"}}) == 404);
    CHECK(asked.refused("/api/v1/export.csv", all + Query{{"points", "1"}}) == 400);
    CHECK(asked.refused("/api/v1/export.csv") == 400);
}
