// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/sample.hpp>
#include <bridge/statistics.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mfm {

/// A frequency as a line had it.
struct Measurement {
    bridge::Timestamp time;
    std::uint32_t frequency_mhz = 0;
    bool operator==(Measurement const&) const = default;
};

/// Nominal mains frequency; automatic: the nearer of 50 and 60 Hz.
enum class Nominal { automatic, hz_50, hz_60 };

/// Tells measurements from what the firmware prints before it has measured.
///
/// After its start the firmware ramps from 65476 mHz to the mains by its slew limit, 60 mHz a line (v1.0) or
/// 100 (v2.0), for about 25 s and through the plausible band. So after an opening of the port, a reset or an
/// implausible line nothing is believed until `settled_lines` lines in a row differ from their neighbours by
/// less than the slew limit. Then the whole row is believed, each line with its own time: none is lost by the
/// wait. Pure.
class Meter {
  public:
    static constexpr std::size_t settled_lines = 10;
    static constexpr std::uint32_t settled_step_mhz = 50;
    static constexpr std::uint32_t implausible_step_mhz =
        200;                                         ///< no synchronous area moves so far in one line
    static constexpr std::uint32_t band_mhz = 5000;  ///< around nominal
    static constexpr auto longest_gap = std::chrono::seconds(2);

    explicit Meter(Nominal nominal) : nominal_(nominal) {}

    /// The port was opened: what comes may be settled already.
    void open();
    /// The firmware has started again or said something that is no measurement.
    void reset();

    /// A whole line. What can be believed by now, oldest first: nothing, this one, or the row that has
    /// settled.
    [[nodiscard]] std::vector<Measurement> accept(Measurement measurement);

    /// Well-formed lines that were not believed: the ramp, and what cannot be.
    [[nodiscard]] std::uint64_t refused() const { return refused_; }

  private:
    [[nodiscard]] bool in_band(std::uint32_t frequency_mhz) const;

    Nominal nominal_;
    bool settled_ = false;
    bool from_opening_ = true;  ///< the row began at the opening, not in a ramp
    std::optional<Measurement> previous_;
    std::vector<Measurement> row_;
    std::uint32_t nominal_mhz_ = 0;
    std::uint64_t refused_ = 0;
};

/// Believed measurements to one sample per interval of absolute time: newest, mean, least, most, count. Pure.
class Window {
  public:
    explicit Window(std::chrono::milliseconds interval, std::string channel = {})
        : interval_(interval), channel_(std::move(channel)) {}

    /// The sample of the interval before, if `measurement` begins another.
    [[nodiscard]] std::optional<bridge::Sample> add(Measurement measurement);
    /// The sample of an interval that has ended by `now`.
    [[nodiscard]] std::optional<bridge::Sample> close(bridge::Timestamp now);
    /// What there is so far, as when the port is gone.
    [[nodiscard]] std::optional<bridge::Sample> finish();
    /// When the interval that `now` is in ends.
    [[nodiscard]] bridge::Timestamp end(bridge::Timestamp now) const;

  private:
    std::chrono::milliseconds interval_;
    std::string channel_;
    bridge::Timestamp end_;
    bridge::Timestamp newest_;
    bridge::Statistics statistics_;
};

}  // namespace mfm
