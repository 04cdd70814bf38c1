// SPDX-License-Identifier: MIT
#include "mqtt-sink/store_reader.hpp"

#include "store_steps.hpp"
#include "support/temp_folder.hpp"

using namespace sink;
using namespace test;
using bridge::Reading;

namespace {

constexpr std::size_t plenty = 1'000'000;

StoreReader open_reader(std::string const& path) {
    auto reader = StoreReader::open(path);
    REQUIRE(reader.has_value());
    return std::move(*reader);
}

Slice slice(StoreReader& reader, std::int64_t after, std::size_t most_rows = plenty,
            std::size_t most_bytes = plenty) {
    auto read = reader.rows_after(after, most_rows, most_bytes);
    INFO((read ? "" : read.error().detail));
    REQUIRE(read.has_value());
    return *read;
}

bridge::Timestamp const noon{std::chrono::milliseconds(5000)};

void save(Store& store, OutputProgress const& progress) {
    REQUIRE(store.begin().has_value());
    REQUIRE(store.save(progress, noon).has_value());
    REQUIRE(store.commit(inbox_id, 1).has_value());
}

std::int64_t place(Store& store, std::string_view output) {
    auto const position = store.position(output);
    REQUIRE(position.has_value());
    return *position;
}

/// `id base/device/channel ts` of each row.
Lines lines(Slice const& read) {
    Lines found;
    for (auto const& row : read.rows)
        found.push_back(fmt::format("{} {}/{}/{} {}", row.id, row.base, row.device, row.channel, row.ts));
    return found;
}

}  // namespace

TEST_CASE("an output reads rows of all bases in the order of their arrival") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    auto store = open_store(path);
    auto reader = open_reader(path);
    CHECK(slice(reader, 0).rows.empty());
    CHECK(slice(reader, 0).up_to == 0);
    write(store, measurement("mfm", "mains", 3000, {{"a", 1.5}}));
    write(store,
          measurement("isems", "node", 2000, {{"b", std::string("x")}, {"c", std::int64_t{7}}}, "10s"));
    write(store, measurement("mfm", "mains", 1000, {{"z", 2.5}}));
    auto const all = slice(reader, 0);
    CHECK(lines(all) == Lines{"1 mfm/mains/ 3000", "2 isems/node/10s 2000", "3 mfm/mains/ 1000"});
    CHECK(all.up_to == 3);
    CHECK(all.whole);
    REQUIRE(all.rows[1].fields.size() == 2);
    CHECK(all.rows[1].fields[0].name == "b");
    CHECK(std::get<std::string>(all.rows[1].fields[0].value) == "x");
    REQUIRE(all.rows[2].fields.size() == 1);
    CHECK(all.rows[2].fields[0].name == "z");
    CHECK(lines(slice(reader, 2)) == Lines{"3 mfm/mains/ 1000"});

    // What has changed comes again, its old number is nobody's.
    write(store, measurement("isems", "node", 2000, {{"c", std::int64_t{8}}}, "10s"));
    CHECK(lines(slice(reader, 3)) == Lines{"4 isems/node/10s 2000"});
    CHECK(lines(slice(reader, 0)).size() == 3);
    CHECK(slice(reader, 4).rows.empty());
    CHECK(slice(reader, 4).up_to == 4);
}

TEST_CASE("an output reads in pieces that leave nothing out") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    auto store = open_store(path);
    auto reader = open_reader(path);
    for (int i = 0; i < 25; ++i) {
        write(store,
              measurement(i % 3 == 0 ? "mfm" : "isems", "d", 1000 + i, {{"text", std::string(100, 'x')}}));
        // A rewritten row leaves a gap.
        if (i % 5 == 4) write(store, measurement("mfm", "d", 1000, {{"text", std::string(90 + i, 'y')}}));
    }
    auto const whole = lines(slice(reader, 0));
    REQUIRE(whole.size() == 25);
    for (auto const& [rows, bytes] :
         {std::pair(std::size_t{1}, plenty), std::pair(std::size_t{7}, plenty),
          std::pair(plenty, std::size_t{250}), std::pair(std::size_t{25}, plenty)}) {
        INFO(rows << " rows, " << bytes << " bytes");
        Lines together;
        std::int64_t after = 0;
        for (int pieces = 0; pieces < 30; ++pieces) {
            auto const piece = slice(reader, after, rows, bytes);
            CHECK(piece.rows.size() <= std::min<std::size_t>(rows, bytes == plenty ? 25 : 3));
            for (auto const& line : lines(piece)) together.push_back(line);
            after = piece.up_to;
            if (piece.whole) break;
            CHECK(piece.up_to == piece.rows.back().id);
        }
        CHECK(together == whole);
        CHECK(after == store.last_arrival());
    }
}

TEST_CASE("the place of an output and what it refused are kept together") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    {
        auto store = open_store(path);
        CHECK(place(store, "influx") == 0);
        save(store, {"influx", 17, {}});
        save(store, {"other", 3, {{"mfm/mains", "mfm a=1 7", "status 400: no"}}});
        save(store, {"influx", 18, {}});
        write(store, measurement("mfm", "mains", 3000, {{"a", 1.5}}));
    }
    auto store = open_store(path);
    CHECK(place(store, "influx") == 18);
    CHECK(place(store, "other") == 3);
    CHECK(ask(path, "SELECT received, topic, payload, reason, sentence FROM set_aside") ==
          Lines{"5000|mfm/mains|mfm a=1 7|output|status 400: no"});

    REQUIRE(store.begin().has_value());
    REQUIRE(store.save({"influx", 99, {{"mfm/mains", "x", "no"}}}, noon).has_value());
    CHECK(place(store, "influx") == 99);
    store.rollback();
    CHECK(place(store, "influx") == 18);
    save(store, {"influx", 20, {}});
    CHECK(ask(path, "SELECT count(*) FROM set_aside") == Lines{"1"});
}
