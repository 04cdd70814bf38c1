// SPDX-License-Identifier: MIT
#include "mqtt-sink/store_reader.hpp"

#include "store_steps.hpp"
#include "support/temp_folder.hpp"

using namespace sink;
using namespace test;

namespace {

constexpr std::size_t plenty = 1'000'000;

/// `base/device/channel ts` of each row of that time, read in slices of this size.
Lines measured(StoreReader& reader, TimeRange range, std::size_t most_rows, std::size_t most_bytes = plenty) {
    Lines found;
    RowPlace place;
    for (;;) {
        auto const read = reader.rows_measured(range, place, most_rows, most_bytes);
        REQUIRE(read.has_value());
        CHECK(read->rows.size() <= most_rows);
        for (auto const& row : read->rows)
            found.push_back(fmt::format("{}/{}/{} {}", row.base, row.device, row.channel, row.ts));
        if (read->whole) return found;
        REQUIRE_FALSE(read->rows.empty());
    }
}

}  // namespace

TEST_CASE("what was measured in a piece of time is read in slices of any size, each row once") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    auto store = open_store(path);
    auto opened = StoreReader::open(path);
    REQUIRE(opened.has_value());
    auto& reader = *opened;
    CHECK(measured(reader, {0, 9000}, 10).empty());
    CHECK_FALSE(*reader.measured_range());
    // Not in the order of time, nor of names.
    for (std::int64_t const ts : {3000, 1000, 2000, 5000, 4000}) {
        write(store, measurement("mfm", "mains", ts, {{"a", 1.5}}));
        write(store, measurement("isems", "south", ts + 1, {{"b", 2.5}}));
        write(store, measurement("isems", "north", ts, {{"b", 2.5}}, "10s"));
    }
    Lines const all = measured(reader, {0, 9000}, plenty);
    CHECK(all.size() == 15);
    Lines const piece = {"isems/south/ 2001",    "isems/south/ 3001",    "isems/north/10s 2000",
                         "isems/north/10s 3000", "isems/north/10s 4000", "mfm/mains/ 2000",
                         "mfm/mains/ 3000",      "mfm/mains/ 4000"};
    CHECK(measured(reader, {2000, 4000}, plenty) == piece);
    for (std::size_t const slice : {1U, 2U, 3U, 7U, 8U}) {
        CHECK(measured(reader, {2000, 4000}, slice) == piece);
        CHECK(measured(reader, {0, 9000}, slice) == all);
    }
    CHECK(measured(reader, {2000, 4000}, plenty, 1) == piece);
    auto const range = reader.measured_range();
    REQUIRE((range.has_value() && *range));
    CHECK((*range)->from == 1000);
    CHECK((*range)->to == 5001);
}
