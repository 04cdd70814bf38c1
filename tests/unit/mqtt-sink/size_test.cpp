// SPDX-License-Identifier: MIT
#include "mqtt-sink/record.hpp"

#include "store_steps.hpp"
#include "support/temp_folder.hpp"

#include <filesystem>
#include <iostream>

using namespace sink;
using namespace test;

namespace {

/// One reading of ten devices in turn, with 13 numbers, as `tests/bench/sink_throughput` publishes them.
std::string payload(int number) {
    double const hz = 49.9 + number % 2000 / 10'000.0;
    return fmt::format(
        R"({{"ts":{},"seq":{:09},"frequency_hz":{:.4f},"mean_hz":{:.4f},"min_hz":{:.4f},"max_hz":{:.4f},)"
        R"("rocof_mhz_s":{:.4f},"deviation_s":{:.4f},"temp_c":{:.4f},"voltage_v":{:.3f},"line":{},)"
        R"("load_mw":{},"a_w":{},"b_w":{}}})",
        1'785'570'000'000 + number * 100LL, 100'000'000 + number, hz, hz, hz, hz, hz, hz, hz, 230 + hz,
        number % 10, 100 + number % 900, 100 + number % 900, 100 + number % 900);
}

}  // namespace

TEST_CASE("a number takes at most twelve bytes on the disk") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    constexpr int messages = 60'000;
    constexpr int batch = 300;
    {
        auto store = open_store(path);
        for (int number = 0; number < messages; ++number) {
            if (number % batch == 0) REQUIRE(store.begin().has_value());
            std::string const topic = fmt::format("mfm/bench{}", number % 10);
            std::string const text = payload(number);
            auto const record = to_record({topic, text, text.size(), {}, false});
            auto const written = store.write(std::get<Measurement>(record));
            REQUIRE(written.has_value());
            if (number % batch == batch - 1) REQUIRE(store.commit(inbox_id, 1).has_value());
        }
    }
    CHECK(payload(0).size() == 235);
    auto const bytes = static_cast<double>(std::filesystem::file_size(path));
    double const each = bytes / (13.0 * messages);
    std::cout << "bytes a number on the disk: " << each << "\n";
    CHECK(each <= 12.0);
    CHECK(ask(path, "SELECT count(*) FROM samples") == Lines{std::to_string(13 * messages)});
}
