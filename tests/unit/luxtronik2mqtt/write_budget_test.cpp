// SPDX-License-Identifier: MIT
#include "luxtronik2mqtt/write_budget.hpp"

#include "catch.hpp"

#include <string>

using namespace luxtronik;
using namespace std::chrono_literals;

namespace {

bridge::Timestamp const noon{1'785'585'600s};

}  // namespace

TEST_CASE("a name is written once in a minute, another one at once") {
    WriteBudget budget;
    CHECK(budget.spend("a", noon).has_value());
    auto const again = budget.spend("a", noon + 20s);
    REQUIRE_FALSE(again.has_value());
    CHECK(again.error().detail == "a was written 20 s ago: again in 40 s");
    CHECK(budget.spend("b", noon + 20s).has_value());
    CHECK_FALSE(budget.spend("a", noon + 60s - 1ms).has_value());
    CHECK(budget.spend("a", noon + 60s).has_value());
}

TEST_CASE("in 24 hours so many writes are made and no more, whatever their names") {
    WriteBudget budget;
    for (std::size_t i = 0; i < WriteBudget::most_a_day; ++i)
        CHECK(budget.spend(std::to_string(i), noon + std::chrono::hours(i)).has_value());
    auto const more = budget.spend("more", noon + 23h + 30min);
    REQUIRE_FALSE(more.has_value());
    CHECK(more.error().detail.ends_with("again in 30 min"));
    // The oldest is a day old now.
    CHECK(budget.spend("more", noon + 24h).has_value());
    CHECK_FALSE(budget.spend("another", noon + 24h).has_value());
}

TEST_CASE("what was spent is known after a restart, and after the clock was set back") {
    WriteBudget budget;
    CHECK(budget.spend("a", noon).has_value());
    CHECK(budget.spend("b", noon + 1min).has_value());
    auto read = WriteBudget::read(budget.text());
    REQUIRE(read.has_value());
    CHECK(read->text() == budget.text());
    CHECK_FALSE(read->spend("b", noon + 90s).has_value());
    // Years in the past: nobody has to wait for them.
    CHECK_FALSE(read->spend("b", noon - 24h * 365).has_value());
    CHECK(read->spend("b", noon - 24h * 365 + 1min).has_value());
    CHECK(WriteBudget::read("")->text().empty());
    for (auto const* damaged : {"1", "1 a", "x a\n", " \n"})
        CHECK_FALSE(WriteBudget::read(damaged).has_value());
}
