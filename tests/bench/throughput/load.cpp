// SPDX-License-Identifier: MIT
#include "load.hpp"

#include <cstdio>
#include <string>

namespace bench {

test::Publisher::Text reading(std::size_t series, std::size_t number) {
    std::int64_t const ts = 1'785'570'000'000 + static_cast<std::int64_t>(series * 100'000'000 + number);
    char payload[300];
    double const hz = 49.9 + static_cast<double>(number % 2000) / 10'000;
    int const size = std::snprintf(
        payload, sizeof payload,
        R"({"ts":%lld,"seq":%09zu,"frequency_hz":%.4f,"mean_hz":%.4f,"min_hz":%.4f,"max_hz":%.4f,"rocof_mhz_s":%.4f,)"
        R"("deviation_s":%.4f,"temp_c":%.4f,"voltage_v":%.3f,"line":%zu,"load_mw":%zu,"a_w":%zu,"b_w":%zu})",
        static_cast<long long>(ts), 100'000'000 + number, hz, hz, hz, hz, hz, hz, hz, 230 + hz, number % 10,
        100 + number % 900, 100 + number % 900, 100 + number % 900);
    return {"mfm/bench" + std::to_string(number % 10), std::string(payload, static_cast<std::size_t>(size))};
}

std::unique_ptr<test::Publisher> flood(std::uint16_t port, std::size_t series, std::size_t messages) {
    test::Publisher::Plan plan;
    plan.port = port;
    plan.count = messages;
    plan.window = 2000;
    plan.message = [series](std::size_t number) { return reading(series, number); };
    return std::make_unique<test::Publisher>(std::move(plan));
}

}  // namespace bench
