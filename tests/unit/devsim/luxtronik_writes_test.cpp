// SPDX-License-Identifier: MIT
#include "devsim/luxtronik_writes.hpp"

#include "catch.hpp"

#include <vector>

using namespace devsim;
using namespace std::chrono_literals;

TEST_CASE("what was written shows from its time on, and what no list has is not shown") {
    LuxtronikWrites writes;
    std::vector<std::int32_t> const before = {1, 2, 3};
    auto const at = [&](DeviceTime time) {
        auto list = before;
        writes.apply(list, time);
        return list;
    };
    writes.write(1, 20, 10s);
    writes.write(7, 70, 0s);
    CHECK(at(9s) == before);
    CHECK(at(10s) == std::vector<std::int32_t>{1, 20, 3});
    writes.write(1, 21, 30s);
    CHECK(at(20s) == std::vector<std::int32_t>{1, 20, 3});
    CHECK(at(30s) == std::vector<std::int32_t>{1, 21, 3});
}
