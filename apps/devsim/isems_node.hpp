// SPDX-License-Identifier: MIT
#pragma once

#include "device_time.hpp"
#include "random.hpp"

#include <cstdint>
#include <deque>
#include <string>

namespace devsim {

/// What is on the roof: an OpenWRT router beside the charge controller (a line a minute, a long log), or an
/// ESP32 with the firmware of 2020 or of 2021 (a line every 15 s, the newest five).
enum class NodeGeneration { router, esp32_2020, esp32_2021 };

/// Device time between two lines.
[[nodiscard]] DeviceTime line_period(NodeGeneration generation);
/// Lines that the log keeps.
[[nodiscard]] std::size_t log_length(NodeGeneration generation);

/// How the lines of a node come out, besides what it measures.
struct LineForm {
    bool with_status = true;  ///< 19 fields, else 18
    bool odd_number = false;  ///< one field is `nil`, `nan` or `inf`
};

/// A solar node: panel, battery, load and the log of what it measures. Without a clock, and deterministic by
/// seed. The sun shines from 6 to 18 o'clock with passing clouds; the battery charges, rests full, and feeds
/// the load at night. Below 11.9 V the node sleeps, and is awake for six seconds of each minute.
class SolarNode {
  public:
    struct Plan {
        std::string id;
        NodeGeneration generation = NodeGeneration::esp32_2021;
        double battery_ah = 17;
        double panel_w = 50;
        double load_w = 2.5;
        double latitude = 52.5;
        double longitude = 13.4;
    };

    /// `time_of_day`: of device time zero, since midnight.
    SolarNode(Plan plan, DeviceTime time_of_day, std::uint64_t seed);

    /// Lives on until this time, which is not before that of the last call.
    void advance(DeviceTime time);

    /// Measures: appends a line of this date to the log.
    void measure(std::int64_t epoch, LineForm form);

    [[nodiscard]] bool awake() const;
    /// The log, each line ended by LF but for the newest of an ESP32.
    [[nodiscard]] std::string log() const;
    [[nodiscard]] std::size_t lines() const { return lines_.size(); }
    /// What stands there before the first measurement: zeros, in 19 fields.
    [[nodiscard]] std::string zero_line() const;

    [[nodiscard]] Plan const& plan() const { return plan_; }
    [[nodiscard]] double charge() const { return charge_; }  ///< 0 to 1
    [[nodiscard]] double battery_v() const;
    [[nodiscard]] unsigned status() const;

  private:
    [[nodiscard]] double hour() const;
    [[nodiscard]] double sun() const;
    [[nodiscard]] double panel_power_w() const;
    [[nodiscard]] double temperature_c() const;
    [[nodiscard]] double charge_end_v() const;

    Plan plan_;
    DeviceTime time_of_day_;
    DeviceTime time_{};
    Random random_;
    double charge_;  ///< of the battery, 0 to 1
    double clouds_ = 0.2;
    DeviceTime clouds_changed_{};
    int reboot_countdown_;
    std::deque<std::string> lines_;
};

}  // namespace devsim
