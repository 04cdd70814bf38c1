// SPDX-License-Identifier: MIT
#include <bridge/clock_gate.hpp>

#include <algorithm>

namespace bridge {

namespace {

constexpr std::size_t most_waiting = 10'000;
constexpr Timestamp first_possible = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);

}  // namespace

Clocks Clocks::now() {
    return {std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now()),
            std::chrono::steady_clock::now()};
}

bool is_set(Timestamp wall) { return wall >= first_possible; }

std::chrono::steady_clock::time_point ClockGate::taken(Sample const& sample, Clocks now) const {
    auto const measured = last_unset_.steady + (sample.time - last_unset_.wall);
    return std::min(measured, now.steady);
}

std::vector<Sample> ClockGate::pass(Sample sample, Clocks now) {
    if (is_set(now.wall) && is_set(sample.time)) {
        auto samples = release(now);
        samples.push_back(std::move(sample));
        return samples;
    }
    if (!is_set(now.wall)) last_unset_ = now;
    if (waiting_.size() == most_waiting) {
        waiting_.pop_front();
        ++dropped_;
    }
    auto const when = taken(sample, now);
    waiting_.push_back({std::move(sample), when});
    return release(now);
}

std::vector<Sample> ClockGate::release(Clocks now) {
    if (!is_set(now.wall)) return {};
    std::vector<Sample> samples;
    for (auto& [sample, taken] : waiting_) {
        sample.time = now.wall - std::chrono::duration_cast<std::chrono::milliseconds>(now.steady - taken);
        samples.push_back(std::move(sample));
    }
    waiting_.clear();
    return samples;
}

}  // namespace bridge
