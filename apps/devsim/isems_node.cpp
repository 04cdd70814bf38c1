// SPDX-License-Identifier: MIT
#include "isems_node.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

namespace devsim {

namespace {

constexpr double low_voltage_disconnect_v = 11.9;
constexpr DeviceTime longest_step = std::chrono::minutes(1);
constexpr DeviceTime cloud_change = std::chrono::minutes(10);
constexpr DeviceTime sleep_round = std::chrono::minutes(1);
constexpr DeviceTime awake_in_round = std::chrono::seconds(6);
constexpr int first_countdown = 3600;

double rounded(double value, double steps) { return std::round(value * steps) / steps; }

/// As Lua's tostring writes it.
std::string number(double value) { return fmt::format("{:.14g}", value); }
std::string millis(double value) { return number(rounded(value, 1000)); }

std::string_view firmware(NodeGeneration generation) {
    switch (generation) {
        case NodeGeneration::router:
            return "ATmega8_A_1";
        case NodeGeneration::esp32_2020:
            return "FF-ESP-1A";
        case NodeGeneration::esp32_2021:
            return "ESP_2.0";
    }
    return "";
}

}  // namespace

DeviceTime line_period(NodeGeneration generation) {
    return generation == NodeGeneration::router ? DeviceTime(60) : DeviceTime(15);
}

std::size_t log_length(NodeGeneration generation) { return generation == NodeGeneration::router ? 3660 : 5; }

SolarNode::SolarNode(Plan plan, DeviceTime time_of_day, std::uint64_t seed)
    : plan_(std::move(plan)),
      time_of_day_(time_of_day),
      random_(seed),
      charge_(0.6 + 0.3 * random_.unit()),
      reboot_countdown_(first_countdown - static_cast<int>(random_.below(first_countdown / 2))) {}

double SolarNode::hour() const { return std::fmod((time_of_day_ + time_).count() / 3600, 24); }

/// 0 at night to 1 at noon.
double SolarNode::sun() const { return std::max(0.0, std::sin(std::numbers::pi * (hour() - 6) / 12)); }

double SolarNode::panel_power_w() const { return plan_.panel_w * sun() * (1 - clouds_); }

/// Warmest at 15 o'clock.
double SolarNode::temperature_c() const {
    return 18 + 9 * std::sin(2 * std::numbers::pi * (hour() - 9) / 24);
}

double SolarNode::charge_end_v() const { return 14.1 - 0.03 * (temperature_c() - 25); }

double SolarNode::battery_v() const {
    double const resting = 11.6 + 1.3 * charge_;
    double const surplus = (panel_power_w() - plan_.load_w) / plan_.panel_w;
    if (surplus > 0 && charge_ >= 1) return charge_end_v();
    return std::min(charge_end_v(), resting + (surplus > 0 ? 1.5 * surplus : 2 * surplus));
}

void SolarNode::advance(DeviceTime time) {
    constexpr double nominal_v = 12.5;
    while (time_ < time) {
        auto const step = std::min(longest_step, time - time_);
        time_ += step;
        if (time_ - clouds_changed_ >= cloud_change) {
            clouds_changed_ = time_;
            clouds_ = std::clamp(0.8 * clouds_ + 0.2 * random_.unit() + 0.05 * random_.gaussian(), 0.0, 0.9);
        }
        double const load_w = battery_v() < low_voltage_disconnect_v ? 0.1 : plan_.load_w;
        double const hours = step.count() / 3600;
        charge_ += (panel_power_w() - load_w) * hours / (nominal_v * plan_.battery_ah);
        charge_ = std::clamp(charge_, 0.0, 1.0);
    }
}

bool SolarNode::awake() const {
    if (battery_v() >= low_voltage_disconnect_v) return true;
    return std::fmod(time_.count(), sleep_round.count()) < awake_in_round.count();
}

unsigned SolarNode::status() const {
    constexpr unsigned charging = 0x800, discharging = 0x400, full = 0x200, healthy = 0x100, low = 0x080,
                       cold = 0x004, no_upgrade = 0x002;
    bool const gains = panel_power_w() > plan_.load_w;
    unsigned bits = healthy;
    bits |= !gains ? discharging : charge_ >= 1 ? full : charging;
    if (charge_ <= 0.5) bits |= low;
    if (temperature_c() <= -10) bits |= cold;
    if (battery_v() - low_voltage_disconnect_v < 0.2 || reboot_countdown_ < 15) bits |= no_upgrade;
    return bits;
}

std::string SolarNode::zero_line() const { return plan_.id + ";1;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0"; }

void SolarNode::measure(std::int64_t epoch, LineForm form) {
    if (--reboot_countdown_ <= 0) reboot_countdown_ = first_countdown;
    double const light = sun() * (1 - clouds_);
    double const open_circuit = light > 0.01 ? 17.5 + 4 * std::pow(light, 0.3) : 0;
    bool const full = charge_ >= 1;
    double const at_power_point = full ? open_circuit : open_circuit * 0.83;
    bool const router = plan_.generation == NodeGeneration::router;
    double const temperature = router ? std::round(temperature_c()) : rounded(temperature_c(), 100);
    std::vector<std::string> fields = {
        plan_.id,
        "1",
        std::to_string(epoch),
        std::string(firmware(plan_.generation)),
        std::to_string(reboot_countdown_),
        std::to_string(charge_ < 0.3 ? 1 : 0),
        millis(open_circuit),
        millis(at_power_point),
        millis(battery_v()),
        number(std::round(charge_ * 100)),
        "97",
        number(temperature),
        router ? "11.67" : "11.9",
        millis(charge_end_v()),
        number(plan_.battery_ah),
        number(plan_.panel_w),
        fmt::format("{:.6f}", plan_.latitude),
        fmt::format("{:.6f}", plan_.longitude),
    };
    if (form.odd_number) {
        constexpr std::array<std::string_view, 5> odd = {"nil", "nan", "-nan", "inf", "-inf"};
        constexpr std::size_t first_number = 6;
        fields[first_number + random_.below(fields.size() - first_number)] = odd[random_.below(odd.size())];
    }
    if (form.with_status) fields.push_back(fmt::format("{:03X}", status()));
    lines_.push_back(fmt::format("{}", fmt::join(fields, ";")));
    while (lines_.size() > log_length(plan_.generation)) lines_.pop_front();
}

std::string SolarNode::log() const {
    if (lines_.empty()) return zero_line();
    auto text = fmt::format("{}", fmt::join(lines_, "\n"));
    return plan_.generation == NodeGeneration::router ? text + "\n" : text;
}

}  // namespace devsim
