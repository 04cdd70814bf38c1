// SPDX-License-Identifier: MIT
#include "mqtt-sink/damaged_file.hpp"

#include "support/temp_folder.hpp"

#include "catch.hpp"

using test::TempFolder;

TEST_CASE("a damaged file is set aside with what is kept beside it and never over another") {
    TempFolder const folder;
    bridge::Timestamp const now{std::chrono::milliseconds(1'785'570'000'999)};
    folder.write("store.db", "a");
    folder.write("store.db-wal", "b");
    auto const aside = sink::set_file_aside(folder / "store.db", now);
    REQUIRE(aside.has_value());
    CHECK(*aside == (folder / "store.db.damaged-2026-08-01T074000Z").string());
    CHECK(test::read_file(*aside) == "a");
    CHECK(test::read_file(*aside + "-wal") == "b");
    CHECK_FALSE(std::filesystem::exists(folder / "store.db"));
    CHECK_FALSE(std::filesystem::exists(folder / "store.db-wal"));
    folder.write("store.db", "c");
    CHECK_FALSE(sink::set_file_aside(folder / "store.db", now).has_value());
    CHECK(test::read_file(*aside) == "a");
    CHECK(test::read_file(folder / "store.db") == "c");
}
