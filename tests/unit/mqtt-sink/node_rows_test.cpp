// SPDX-License-Identifier: MIT
#include "mqtt-sink/store_reader.hpp"

#include "store_steps.hpp"
#include "support/temp_folder.hpp"

#include <algorithm>

using namespace sink;
using namespace test;
using bridge::Reading;

namespace {

/// `device ts id` of each row.
Lines lines(StoreResult<std::vector<NodeRow>> const& rows) {
    INFO((rows ? "" : rows.error().detail));
    REQUIRE(rows.has_value());
    Lines found;
    for (auto const& row : *rows) found.push_back(fmt::format("{} {} {}", row.device, row.ts, row.id));
    return found;
}

Lines sorted(Lines all) {
    std::ranges::sort(all);
    return all;
}

}  // namespace

TEST_CASE("the newest rows of nodes are found by their own id and by their device") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    auto store = open_store(path);
    write(store, measurement("isems", "plain", 1000, {{"battery_v", 12.5}}));
    write(store, measurement("isems", "plain", 3000, {{"battery_v", 12.7}}));
    write(store, measurement("isems", "plain", 2000, {{"battery_v", 12.6}}));
    write(store, measurement("isems", "plain", 9000, {{"other", 1.0}}, "10s"));
    write(store, measurement("isems", "S_d-867ab47b", 1500,
                             {{"name", std::string("S\xc3\xbc"
                                                   "d")},
                              {"battery_v", 13.0}}));
    write(store, measurement("isems", "", 1600, {{"battery_v", 1.0}}));
    write(store, measurement("isems", "channel_only", 9000, {{"other", 1.0}}, "10s"));
    write(store, measurement("mfm", "plain", 9000, {{"frequency_hz", 50.0}}));
    auto reader = StoreReader::open(path);
    REQUIRE(reader.has_value());

    CHECK(sorted(lines(reader->newest_of_each("isems"))) ==
          Lines{" 1600 6", "S_d-867ab47b 1500 5", "plain 3000 2"});
    CHECK(lines(reader->newest_of("isems", "plain", 1440)) ==
          Lines{"plain 3000 2", "plain 2000 3", "plain 1000 1"});
    CHECK(lines(reader->newest_of("isems", "plain", 2)) == Lines{"plain 3000 2", "plain 2000 3"});
    CHECK(lines(reader->newest_of("isems",
                                  "S\xc3\xbc"
                                  "d",
                                  1440)) == Lines{"S_d-867ab47b 1500 5"});
    CHECK(lines(reader->newest_of("isems", "S_d-867ab47b", 1440)) == Lines{"S_d-867ab47b 1500 5"});
    CHECK(lines(reader->newest_of("isems", "nobody", 1440)).empty());
    CHECK(lines(reader->newest_of_each("solar")).empty());
    CHECK(lines(reader->newest_of("solar", "plain", 1440)).empty());

    auto const one = reader->newest_of("isems",
                                       "S\xc3\xbc"
                                       "d",
                                       1);
    REQUIRE(one.has_value());
    CHECK(measurements::node_id(one->at(0)) ==
          "S\xc3\xbc"
          "d");
    REQUIRE(one->at(0).fields.size() == 2);
    CHECK(one->at(0).fields[0].name == "battery_v");
    CHECK(std::get<double>(one->at(0).fields[0].value) == 13.0);
}
