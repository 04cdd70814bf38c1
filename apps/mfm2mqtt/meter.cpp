// SPDX-License-Identifier: MIT
#include "meter.hpp"

#include <cmath>
#include <utility>

namespace mfm {

namespace {

std::uint32_t difference(std::uint32_t a, std::uint32_t b) { return a > b ? a - b : b - a; }

double hertz(std::int64_t mhz) { return static_cast<double>(mhz) / 1000.0; }

}  // namespace

void Meter::open() {
    reset();
    from_opening_ = true;
}

void Meter::reset() {
    refused_ += row_.size();
    settled_ = false;
    from_opening_ = false;
    previous_.reset();
    row_.clear();
}

bool Meter::in_band(std::uint32_t frequency_mhz) const {
    auto const near = [&](std::uint32_t nominal_mhz) {
        return difference(frequency_mhz, nominal_mhz) <= band_mhz;
    };
    switch (nominal_) {
        case Nominal::hz_50:
            return near(50'000);
        case Nominal::hz_60:
            return near(60'000);
        case Nominal::automatic:
            return nominal_mhz_ != 0 ? near(nominal_mhz_) : near(50'000) || near(60'000);
    }
    return false;
}

std::vector<Measurement> Meter::accept(Measurement measurement) {
    bool const gap = previous_ && measurement.time - previous_->time > longest_gap;
    if (gap && !settled_) {
        refused_ += row_.size();
        row_.clear();
    }
    std::uint32_t const step =
        previous_ ? difference(measurement.frequency_mhz, previous_->frequency_mhz) : 0;
    bool const implausible =
        !in_band(measurement.frequency_mhz) || (settled_ && !gap && step > implausible_step_mhz);
    if (implausible) {
        reset();
        // Another mains may be measured from now on.
        nominal_mhz_ = 0;
        ++refused_;
        return {};
    }
    if (settled_) {
        previous_ = measurement;
        return {measurement};
    }
    if (previous_ && step >= settled_step_mhz) {
        refused_ += row_.size();
        row_.clear();
        from_opening_ = false;
    }
    // The line that a row begins with may be the ramp's last: it counts only if there was no ramp.
    bool const begins = !previous_ || step >= settled_step_mhz;
    previous_ = measurement;
    if (begins && !from_opening_) {
        ++refused_;
        return {};
    }
    row_.push_back(measurement);
    if (row_.size() < settled_lines) return {};
    settled_ = true;
    nominal_mhz_ = measurement.frequency_mhz < 55'000 ? 50'000 : 60'000;
    return std::exchange(row_, {});
}

bridge::Timestamp Window::end(bridge::Timestamp now) const {
    auto const since = now.time_since_epoch() / interval_;
    return bridge::Timestamp((since + 1) * interval_);
}

std::optional<bridge::Sample> Window::add(Measurement measurement) {
    std::optional<bridge::Sample> before;
    if (end(measurement.time) != end_) before = finish();
    end_ = end(measurement.time);
    newest_ = measurement.time;
    statistics_.add(measurement.frequency_mhz);
    return before;
}

std::optional<bridge::Sample> Window::close(bridge::Timestamp now) {
    if (end(now) == end_) return std::nullopt;
    return finish();
}

std::optional<bridge::Sample> Window::finish() {
    if (statistics_.count == 0) return std::nullopt;
    auto const s = std::exchange(statistics_, {});
    // A tenth of a millihertz: more digits than that are not in the board's counter.
    double const mean_hz = std::round(s.mean() * 10) / 10'000;
    return bridge::Sample{"",
                          channel_,
                          newest_,
                          {{"frequency_hz", hertz(s.newest)},
                           {"frequency_mean_hz", mean_hz},
                           {"frequency_min_hz", hertz(s.least)},
                           {"frequency_max_hz", hertz(s.most)},
                           {"line_count", s.count}}};
}

}  // namespace mfm
