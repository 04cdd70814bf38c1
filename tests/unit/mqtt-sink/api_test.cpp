// SPDX-License-Identifier: MIT
#include "mqtt-sink/api.hpp"
#include "mqtt-sink/store.hpp"

#include "support/temp_folder.hpp"

#include "catch.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <optional>

using namespace sink;
using bridge::Reading;
using nlohmann::json;
using test::TempFolder;

namespace {

using Parameters = std::map<std::string, std::string>;

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

    json ok(std::string const& path, Parameters const& query = {}) {
        auto const answered = ask("GET", path, query);
        INFO(answered.body);
        CHECK(answered.status == 200);
        return json::parse(answered.body);
    }
    /// The status, if the body is an error with a sentence.
    unsigned refused(std::string const& path, Parameters const& query = {},
                     std::string const& method = "GET") {
        auto const answered = ask(method, path, query);
        INFO(answered.body);
        CHECK(json::parse(answered.body).at("error").get<std::string>().size() > 5);
        return answered.status;
    }

  private:
    ApiAnswer ask(std::string const& method, std::string const& path, Parameters const& query) {
        return answer({method, path, query, bridge::Timestamp(std::chrono::milliseconds(10'000'000))},
                      *reader_);
    }

    TempFolder folder_;
    std::string path_ = folder_ / "store.db";
    std::optional<Store> store_;
    std::optional<StoreReader> reader_;
};

Parameters const frequency = {{"device", "mains"}, {"field", "frequency_hz"}, {"from", "0"}};

Parameters operator+(Parameters left, Parameters const& right) {
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
    CHECK(all.at("truncated") == false);
    CHECK(all.at("base") == "mfm");
    auto const some = asked.ok("/api/v1/query", frequency + Parameters{{"from", "2000"}, {"to", "3000"}});
    CHECK(some.at("points") == json::parse("[[2000,52.0],[3000,53.0]]"));
    auto const channel = asked.ok("/api/v1/query", frequency + Parameters{{"channel", "10s"}});
    CHECK(channel.at("points") == json::parse("[[2000,1.0]]"));
    CHECK(asked.ok("/api/v1/query", frequency + Parameters{{"from", "-1min"}}).at("points").empty());
    CHECK(asked.ok("/api/v1/query", frequency + Parameters{{"to", "1970-01-01T00:00:02Z"}})
              .at("points")
              .size() == 2);
}

TEST_CASE("texts are answered as texts") {
    Asked asked;
    asked.write("mfm", "mains", 1000, {{"frequency_hz", std::string("a \"text\"")}});
    CHECK(asked.ok("/api/v1/query", frequency).at("points") == json::parse(R"([[1000,"a \"text\""]])"));
    CHECK(asked.ok("/api/v1/query", frequency + Parameters{{"points", "10"}}).at("points").empty());
}

TEST_CASE("points are means that keep least and most") {
    Asked asked;
    for (std::int64_t ts = 0; ts < 1000; ts += 10) {
        asked.write("mfm", "mains", ts, {{"frequency_hz", ts == 500 ? 99.0 : 50.0}});
    }
    auto const answer = asked.ok("/api/v1/query", frequency + Parameters{{"to", "999"}, {"points", "4"}});
    CHECK(answer.at("bucket_ms") == 250);
    auto const points = answer.at("points");
    REQUIRE(points.size() == 4);
    CHECK(points[0] == json::parse("[0,50.0,50.0,50.0]"));
    CHECK(points[2][0] == 500);
    CHECK(points[2][1].get<double>() == Approx(51.96));
    CHECK(points[2][2] == 50.0);
    CHECK(points[2][3] == 99.0);
    CHECK(asked.ok("/api/v1/query", frequency + Parameters{{"points", "1"}}).at("points").size() == 1);
    // Never more than asked for, whatever the division leaves.
    for (int count = 1; count < 60; ++count) {
        auto const some = asked.ok("/api/v1/query",
                                   frequency + Parameters{{"to", "999"}, {"points", std::to_string(count)}});
        CHECK(some.at("points").size() <= static_cast<std::size_t>(count));
    }
}

TEST_CASE("what is wrong with a question is said") {
    Asked asked;
    asked.write("mfm", "mains", 1000, {{"frequency_hz", 50.0}});
    asked.write("mfm", "twin", 1000, {{"frequency_hz", 50.0}});
    asked.write("isems", "twin", 1000, {{"frequency_hz", 50.0}});
    CHECK(asked.refused("/api/v1/other") == 404);
    CHECK(asked.refused("/api/v1/devices", {}, "POST") == 405);
    CHECK(asked.refused("/api/v1/query") == 400);
    CHECK(asked.refused("/api/v1/query", {{"device", "mains"}}) == 400);
    CHECK(asked.refused("/api/v1/query", frequency + Parameters{{"device", "nobody"}}) == 404);
    CHECK(asked.refused("/api/v1/query", frequency + Parameters{{"field", "nothing"}}) == 404);
    CHECK(asked.refused("/api/v1/query", frequency + Parameters{{"base", "isems"}}) == 404);
    CHECK(asked.refused("/api/v1/query", frequency + Parameters{{"device", "twin"}}) == 400);
    CHECK(asked.refused("/api/v1/query", frequency + Parameters{{"devise", "mains"}}) == 400);
    for (auto const* bad : {"", "x", "1.5.2026"}) {
        CHECK(asked.refused("/api/v1/query", frequency + Parameters{{"from", bad}}) == 400);
    }
    CHECK(asked.refused("/api/v1/query", frequency + Parameters{{"from", "2000"}, {"to", "1000"}}) == 400);
    for (auto const* bad : {"", "0", "-1", "10001", "1e3", "x"}) {
        CHECK(asked.refused("/api/v1/query", frequency + Parameters{{"points", bad}}) == 400);
    }
    asked.ok("/api/v1/query", frequency + Parameters{{"device", "twin"}, {"base", "isems"}});
}

TEST_CASE("a long answer is cut and says so") {
    Asked asked;
    REQUIRE(asked.store().begin().has_value());
    for (std::int64_t ts = 0; ts < 100'001; ++ts) {
        REQUIRE(asked.store()
                    .write(Measurement{"mfm",
                                       "mains",
                                       "",
                                       bridge::Timestamp(std::chrono::milliseconds(ts)),
                                       {{"frequency_hz", 50.0}}})
                    .has_value());
    }
    REQUIRE(asked.store().commit(1, 1).has_value());
    auto const cut = asked.ok("/api/v1/query", frequency);
    CHECK(cut.at("truncated") == true);
    CHECK(cut.at("points").size() == 100'000);
    auto const whole = asked.ok("/api/v1/query", frequency + Parameters{{"from", "1"}});
    CHECK(whole.at("truncated") == false);
}
