// SPDX-License-Identifier: MIT
#include "mqtt-sink/backup.hpp"

#include "store_steps.hpp"
#include "support/temp_folder.hpp"

#include <filesystem>

using namespace sink;
using namespace test;

TEST_CASE("a copy is the database as it was when the copy began") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    auto store = open_store(path);
    REQUIRE(store.begin().has_value());
    for (int ts = 1; ts <= 30'000; ++ts) {
        REQUIRE(store.write(measurement("mfm", "mains", ts, {{"hz", 50.0}, {"n", std::string(200, 'x')}}))
                    .has_value());
    }
    REQUIRE(store.commit(inbox_id, 1).has_value());
    double last = 0;
    int steps = 0;
    std::int64_t ts = 100'000;
    auto const copied = copy_database(path, folder / "copy.db", [&](double done) {
        CHECK(done >= last);
        last = done;
        ++steps;
        // It goes on being written, and the copy is still made within its steps.
        write(store, measurement("mfm", "mains", ++ts, {{"hz", 51.0}}));
    });
    INFO((copied ? "" : copied.error().detail));
    REQUIRE(copied.has_value());
    CHECK(last == 1.0);
    CHECK(steps > 1);
    CHECK(ask(folder / "copy.db", "SELECT count(*) FROM mfm") == Lines{"30000"});
    CHECK(ask(folder / "copy.db", "PRAGMA integrity_check") == Lines{"ok"});
    CHECK(ask(path, "SELECT count(*) FROM mfm") == Lines{std::to_string(30'000 + steps)});
    CHECK_FALSE(std::filesystem::exists(folder / "copy.db.part"));
}

TEST_CASE("what cannot be copied leaves nothing behind") {
    TempFolder const folder;
    CHECK_FALSE(copy_database(folder / "missing.db", folder / "copy.db", [](double) {}).has_value());
    CHECK(std::filesystem::is_empty(folder.path()));
    (void)open_store(folder / "store.db");
    folder.write("copy.db", "somebody's");
    CHECK_FALSE(copy_database(folder / "store.db", folder / "copy.db", [](double) {}).has_value());
    CHECK(read_file(folder / "copy.db") == "somebody's");
}
