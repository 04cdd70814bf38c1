// SPDX-License-Identifier: MIT
#include "mqtt-sink/cursor.hpp"

#include "catch.hpp"

using namespace sink;
using namespace std::chrono_literals;

namespace {

Cursor::Time const start{};

}  // namespace

TEST_CASE("a row is safe when the server answers some time after it took it") {
    Cursor cursor(5, start);
    CHECK(cursor.taken() == 5);
    CHECK_FALSE(cursor.in_doubt());
    cursor.take(8);
    CHECK(cursor.taken() == 8);
    CHECK(cursor.in_doubt());
    cursor.confirm(start + 9s);
    CHECK(cursor.safe() == 5);
    cursor.confirm(start + 10s);
    // It may have been taken a moment ago.
    CHECK(cursor.safe() == 5);
    CHECK_FALSE(cursor.has_news());
    CHECK(cursor.doubt_ends() == start + 20s);
    cursor.take(9);
    cursor.confirm(start + 20s);
    CHECK(cursor.safe() == 8);
    CHECK(cursor.has_news());
    cursor.save();
    CHECK_FALSE(cursor.has_news());
    CHECK(cursor.in_doubt());
    cursor.confirm(start + 30s);
    cursor.save();
    CHECK(cursor.safe() == 9);
    CHECK_FALSE(cursor.in_doubt());
}

TEST_CASE("after a fault all that is not safe is given again") {
    Cursor cursor(0, start);
    cursor.take(10);
    cursor.confirm(start + 10s);
    cursor.take(20);
    cursor.confirm(start + 20s);
    cursor.take(30);
    REQUIRE(cursor.safe() == 10);
    cursor.go_back(start + 21s);
    CHECK(cursor.taken() == 10);
    cursor.take(30);
    // What was taken before the fault counts from the fault on.
    cursor.confirm(start + 30s);
    CHECK(cursor.safe() == 10);
    cursor.confirm(start + 31s);
    CHECK(cursor.safe() == 10);
    cursor.confirm(start + 41s);
    CHECK(cursor.safe() == 30);
}

TEST_CASE("a long time without rows makes no row safe before its time") {
    Cursor cursor(0, start);
    cursor.take(10);
    cursor.confirm(start + 3600s);
    CHECK(cursor.safe() == 0);
    cursor.confirm(start + 3609s);
    CHECK(cursor.safe() == 0);
    cursor.confirm(start + 3610s);
    CHECK(cursor.safe() == 10);
}

TEST_CASE("refused rows are left out until they are behind what is safe") {
    Cursor cursor(0, start);
    cursor.leave_out(7);
    cursor.take(10);
    cursor.go_back(start + 1s);
    CHECK(cursor.leaves_out(7));
    CHECK_FALSE(cursor.leaves_out(8));
    cursor.take(10);
    cursor.confirm(start + 11s);
    CHECK(cursor.leaves_out(7));
    cursor.confirm(start + 21s);
    CHECK_FALSE(cursor.leaves_out(7));
}
