// SPDX-License-Identifier: MIT
#include "mfm2mqtt/meter.hpp"

#include "catch.hpp"

#include <algorithm>
#include <vector>

using namespace mfm;
using namespace std::chrono_literals;

namespace {

constexpr bridge::Timestamp start{1785570000000ms};
constexpr auto line_time = 360ms;
constexpr std::uint32_t ramp_from_mhz = 65'476;

/// A meter and the clock of the lines it is given.
struct Line {
    explicit Line(Nominal nominal = Nominal::automatic) : meter(nominal) {}

    std::size_t give(std::uint32_t frequency_mhz, std::chrono::milliseconds after = line_time) {
        time += after;
        auto const now = meter.accept({time, frequency_mhz});
        believed.insert(believed.end(), now.begin(), now.end());
        ++given;
        return now.size();
    }

    /// As the firmware's slew filter: from its start value down to `mains_mhz`, which is the first real one.
    void ramp(std::uint32_t mains_mhz, std::uint32_t step_mhz) {
        // What is past 65 Hz never gets here: the decoder refuses it, and the program resets the meter.
        for (auto value = ramp_from_mhz; value > mains_mhz; value -= std::min(step_mhz, value - mains_mhz)) {
            if (value > 65'000) {
                meter.reset();
            } else {
                give(value);
            }
        }
    }

    /// Calm mains: a few millihertz around nominal.
    void calm(std::uint32_t mains_mhz, int lines) {
        for (int i = 0; i < lines; ++i) give(mains_mhz + static_cast<std::uint32_t>(i % 5) - 2);
    }

    [[nodiscard]] bool all_within(std::uint32_t mains_mhz, std::uint32_t tolerance_mhz) const {
        return std::all_of(believed.begin(), believed.end(), [&](Measurement const& m) {
            return m.frequency_mhz >= mains_mhz - tolerance_mhz &&
                   m.frequency_mhz <= mains_mhz + tolerance_mhz;
        });
    }

    Meter meter;
    bridge::Timestamp time = start;
    std::vector<Measurement> believed;
    std::uint64_t given = 0;
};

}  // namespace

TEST_CASE("a row at the opening is believed whole, each line with its own time") {
    Line line;
    line.meter.open();
    for (std::uint32_t i = 0; i < 9; ++i) CHECK(line.give(50'000 + i) == 0);
    CHECK(line.give(50'009) == 10);
    for (std::uint32_t i = 0; i < 10; ++i) {
        CHECK((line.believed[i] == Measurement{start + (i + 1) * line_time, 50'000 + i}));
    }
    CHECK(line.give(50'010) == 1);
    CHECK(line.meter.refused() == 0);
}

TEST_CASE("of a ramp to the mains not one value is believed") {
    auto const step = GENERATE(60U, 100U);
    auto const mains = GENERATE(50'000U, 49'950U, 50'033U, 59'990U, 60'000U);
    auto const nominal = GENERATE(Nominal::automatic, Nominal::hz_50, Nominal::hz_60);
    INFO(step << " mHz a line down to " << mains);
    bool const fits = nominal == Nominal::automatic || (nominal == Nominal::hz_50) == (mains < 55'000);
    Line line(nominal);
    line.meter.open();
    line.meter.reset();
    line.ramp(mains, step);
    CHECK(line.believed.empty());
    line.calm(mains, 40);
    CHECK(line.all_within(mains, 2));
    CHECK(line.believed.size() >= (fits ? 38U : 0U));
    CHECK((fits || line.believed.empty()));
    if (fits) CHECK(line.meter.refused() + line.believed.size() == line.given);
}

TEST_CASE("a ramp that was under way at the opening is not believed either") {
    auto const step = GENERATE(60U, 100U);
    for (std::uint32_t first = 64'900; first > 50'100; first -= 37) {
        Line line;
        line.meter.open();
        for (auto value = first; value > 50'000; value -= std::min(step, value - 50'000)) line.give(value);
        line.calm(50'000, 20);
        if (!line.all_within(50'000, 2)) FAIL(first);
        if (line.believed.size() < 18) FAIL(first);
    }
}

TEST_CASE("a banner ends belief until a row has settled again") {
    Line line;
    line.meter.open();
    line.calm(50'000, 20);
    REQUIRE(line.believed.size() == 20);
    line.believed.clear();
    line.meter.reset();
    line.ramp(50'000, 60);
    CHECK(line.believed.empty());
    line.calm(50'000, 20);
    CHECK(line.believed.size() >= 18);
    CHECK(line.all_within(50'000, 2));
}

TEST_CASE("lines waiting for belief when the firmware starts again are never believed, and counted") {
    Line line;
    line.meter.open();
    line.calm(50'000, 9);
    line.meter.reset();
    CHECK(line.meter.refused() == 9);
    line.calm(50'000, 11);
    CHECK(line.believed.size() == 10);
    CHECK(line.believed.front().time == start + 11 * line_time);
}

TEST_CASE("a step that no mains makes is not believed, and what follows has to settle") {
    Line line;
    line.meter.open();
    line.calm(50'000, 10);
    line.believed.clear();
    SECTION("just possible") {
        CHECK(line.give(50'002 + 200) == 1);
        CHECK(line.meter.refused() == 0);
    }
    SECTION("just too far") {
        CHECK(line.give(50'002 + 201) == 0);
        CHECK(line.meter.refused() == 1);
        line.calm(50'000, 11);
        CHECK(line.believed.size() == 10);
        CHECK(line.all_within(50'000, 2));
    }
}

TEST_CASE("before a row has settled each line lies within the slew limit of the one before") {
    Line line;
    line.meter.open();
    SECTION("just within") {
        for (int i = 0; i < 9; ++i) CHECK(line.give(i % 2 ? 50'049 : 50'000) == 0);
        CHECK(line.give(50'049) == 10);
    }
    SECTION("at the limit") {
        for (int i = 0; i < 50; ++i) CHECK(line.give(i % 2 ? 50'050 : 50'000) == 0);
        CHECK(line.believed.empty());
    }
}

TEST_CASE("a repeated value is a value: the firmware repeats what it could not measure anew") {
    Line line;
    line.meter.open();
    for (int i = 0; i < 30; ++i) line.give(50'001);
    CHECK(line.believed.size() == 30);
}

TEST_CASE("another mains is measured from now on, and settles at its own frequency") {
    Line line;
    line.meter.open();
    line.calm(50'000, 20);
    line.believed.clear();
    line.calm(60'000, 30);
    CHECK(line.all_within(60'000, 2));
    CHECK(line.believed.size() == 28);
    CHECK(line.meter.refused() == 2);
}

TEST_CASE("mains of another nominal frequency than configured is never believed") {
    Line line(Nominal::hz_50);
    line.meter.open();
    line.calm(60'000, 50);
    CHECK(line.believed.empty());
    CHECK(line.meter.refused() == 50);
}

TEST_CASE("the band around nominal is 5 Hz wide to each side") {
    for (auto const& [nominal, value, fits] :
         std::vector<std::tuple<Nominal, std::uint32_t, bool>>{{Nominal::hz_50, 45'000, true},
                                                               {Nominal::hz_50, 55'000, true},
                                                               {Nominal::hz_50, 55'001, false},
                                                               {Nominal::hz_60, 55'000, true},
                                                               {Nominal::hz_60, 54'999, false},
                                                               {Nominal::hz_60, 65'000, true},
                                                               {Nominal::automatic, 54'999, true},
                                                               {Nominal::automatic, 44'999, false}}) {
        Line line(nominal);
        line.meter.open();
        for (int i = 0; i < 10; ++i) line.give(value);
        CHECK(line.believed.size() == (fits ? 10U : 0U));
    }
}

TEST_CASE("after a gap a settled meter believes what the mains became meanwhile") {
    Line line;
    line.meter.open();
    line.calm(50'000, 10);
    CHECK(line.give(50'300, 2001ms) == 1);
    CHECK(line.give(50'301) == 1);
}

TEST_CASE("without a gap so long the same step is not believed") {
    Line line;
    line.meter.open();
    line.calm(50'000, 10);
    CHECK(line.give(50'300, 2000ms) == 0);
}

TEST_CASE("a row does not settle over a gap, and what it loses is counted") {
    Line line;
    line.meter.open();
    line.calm(50'000, 9);
    CHECK(line.give(50'000, 2001ms) == 0);
    CHECK(line.meter.refused() == 9);
    line.calm(50'000, 9);
    CHECK(line.believed.size() == 10);
    CHECK(line.meter.refused() + line.believed.size() == line.given);
}

TEST_CASE("an opening begins anew") {
    Line line;
    line.meter.open();
    line.calm(50'000, 5);
    line.meter.open();
    CHECK(line.meter.refused() == 5);
    line.calm(50'000, 10);
    CHECK(line.believed.size() == 10);
}
