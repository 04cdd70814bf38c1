// SPDX-License-Identifier: MIT
#include "mqtt-sink/number_text.hpp"

#include "catch.hpp"

#include <cstdlib>
#include <limits>

using namespace sink;

TEST_CASE("a number is shown as it was measured") {
    CHECK(number_text(49.99) == "49.99");
    CHECK(number_text(49.989999999999995) == "49.99");
    CHECK(number_text(22.700000000000003) == "22.7");
    CHECK(number_text(0.1 + 0.2) == "0.3");
    CHECK(number_text(-0.1 - 0.2) == "-0.3");
    CHECK(number_text(1.1e-7 * 3) == "3.3e-07");
    CHECK(number_text(50) == "50.0");
    CHECK(number_text(0) == "0.0");
    CHECK(number_text(std::numeric_limits<double>::infinity()).empty());
    CHECK(number_text(std::numeric_limits<double>::quiet_NaN()).empty());
}

TEST_CASE("a number with many digits keeps them all") {
    for (double const number : {1785570000.123456, 3.141592653589793, 1.0 / 3, 123456789012345678.0, 5e-324,
                                1.7976931348623157e308, -0.12345678901234568}) {
        INFO(number_text(number));
        CHECK(std::strtod(number_text(number).c_str(), nullptr) == number);
    }
}

TEST_CASE("a mean has two digits more than what it is the mean of, and lies between") {
    CHECK(mean_text(50.0163412345, 50.013, 50.02) == "50.01634");
    CHECK(mean_text(49.989999999999995, 49.98, 50.0) == "49.99");
    CHECK(mean_text(1.0 / 3, 0, 1) == "0.333");
    CHECK(mean_text(7.000000001, 7, 7) == "7.0");
    CHECK(mean_text(123456789.55, 123456789.5, 123456789.6) == "123456789.55");
    CHECK(mean_text(50.0199999, 50.01, 50.02) == "50.02");
    CHECK(mean_text(5e-10, 1e-10, 1e-9) == "5e-10");
    CHECK(mean_text(1e15 / 3, 0.0000001, 1e15) == "333333333333333.3");
}
