// SPDX-License-Identifier: MIT
#include "mfm_board.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace devsim {

namespace {

// 10 MHz quartz, prescaler 64; a measurement takes 18 periods.
constexpr double counter_hz = 156'250;
constexpr std::int64_t count_scale = 2'812'500'000;  // counter_hz * 18 periods * 1000 mHz
constexpr int half_window_periods = 9;
constexpr DeviceTime counter_overflow{65'536 / counter_hz};

// The last value starts as 0 and the first step down from it wraps an unsigned 16-bit number.
constexpr int first_value_after_start_mhz = 65'476;
constexpr int channel_agreement_mhz = 10;

constexpr DeviceTime start_takes{0.2};
constexpr DeviceTime detection_takes{0.5};
constexpr DeviceTime detection_retry{1};
constexpr DeviceTime alarm_evaluation{1};
constexpr int alarm_hold_evaluations = 10;
constexpr std::array<int, 4> alarm_limits_mhz = {70, 100, 200, 1000};

constexpr int slew_limit_mhz(Firmware firmware) { return firmware == Firmware::base_v1 ? 60 : 100; }
constexpr DeviceTime running_watchdog(Firmware firmware) {
    return DeviceTime(firmware == Firmware::base_v1 ? 4 : 1);
}
constexpr DeviceTime starting_watchdog(Firmware firmware) {
    return DeviceTime(firmware == Firmware::base_v1 ? 4 : 8);
}

bool plausible(std::int64_t millihertz, int nominal_hz) {
    return std::llabs(millihertz - nominal_hz * 1000) <= 5000;
}

}  // namespace

int load_difference_mw(int deviation_mhz) {
    int const beyond_mhz = std::abs(deviation_mhz) - 10;
    if (beyond_mhz <= 0) return 0;
    int const megawatt = std::min(beyond_mhz * 46 / 3, 9999);
    return deviation_mhz < 0 ? -megawatt : megawatt;
}

int protocol3_checksum(std::string const& line) {
    unsigned sum = 0;
    for (char const c : line.substr(3, 16)) sum ^= static_cast<unsigned char>(c);
    return static_cast<int>(sum % 100);
}

std::string protocol_line(int protocol, int millihertz, int nominal_hz, unsigned alarms) {
    if (protocol == 1) return fmt::format("{:05}\r\n", millihertz);
    int const deviation_mhz = millihertz - nominal_hz * 1000;
    char const sign = deviation_mhz == 0 ? '0' : deviation_mhz < 0 ? '-' : '+';
    std::string const load = fmt::format("{}{:04}", sign, std::abs(load_difference_mw(deviation_mhz)));
    if (protocol == 2) return fmt::format("{:05};{};{:03}\r\n", millihertz, load, alarms);
    if (protocol == 3) {
        std::string const body = fmt::format("NFA{:05}f{}P{:03}M", millihertz, load, alarms);
        return fmt::format("{}{:02}C\r\n", body, protocol3_checksum(body));
    }
    std::string text = fmt::format("{:05};{}", millihertz, load);
    for (unsigned bit = 0; bit < 8; ++bit) text += (alarms >> bit & 1U) ? ";1" : ";0";
    return text + "\r\n";
}

MfmBoard::MfmBoard(Settings settings) : settings_(settings), nominal_hz_(settings.nominal_hz) {
    if (!settings_.settled) restart(DeviceTime::zero());
}

void MfmBoard::restart(DeviceTime time) {
    time_ = time;
    state_ = State::starting;
    nominal_hz_ = settings_.nominal_hz;
    tick_phase_ = 0;
    half_window_.reset();
    silence_ = DeviceTime::zero();
    channels_mhz_ = {0, 0};
    channel_ = 0;
    shown_mhz_ = 0;
    alarm_hold_ = {};
    alarms_watched_ = time;
}

BoardOutput MfmBoard::next(Mains const& mains) {
    for (;;) {
        BoardOutput next_output = state_ == State::starting    ? start()
                                  : state_ == State::detecting ? detect(mains)
                                                               : run(mains);
        if (!next_output.bytes.empty()) return next_output;
    }
}

BoardOutput MfmBoard::start() {
    time_ += start_takes;
    bool const v1 = settings_.firmware == Firmware::base_v1;
    std::string text =
        v1 ? "NFA-RPi 1.0 Basisprogramm (@Arduino)\r\n05'2020 J.M\xc3\xbcller www.pc-projekte.de\r\n"
           : "\x1b[2J\x1b[HNFA-RPi 2.0 extendend mfm (@Arduino)\r\n"
             "02'2021 J.M\xc3\xbcller www.pc-projekte.de\r\n";
    if (settings_.detection == Detection::automatic) {
        state_ = State::detecting;
        return output(text + (v1 ? "Auto-Detect..." : "Auto-Detect....."));
    }
    state_ = State::running;
    text += v1 ? fmt::format("  {}Hz-Netz    \r\n", nominal_hz_)
               : fmt::format("User setting : {}Hz mains frequency\r\n", nominal_hz_);
    return output(text + start_of_measurement());
}

BoardOutput MfmBoard::detect(Mains const& mains) {
    bool const v1 = settings_.firmware == Firmware::base_v1;
    auto const frequency_hz = mains(time_);
    if (!frequency_hz) {
        time_ += detection_retry;
        silence_ += detection_retry;
        if (silence_ >= starting_watchdog(settings_.firmware)) restart(time_);
        return output(v1 ? "" : "*");
    }
    time_ += detection_takes;
    silence_ = DeviceTime::zero();
    state_ = State::running;
    nominal_hz_ = *frequency_hz < 55 ? 50 : 60;
    if (nominal_hz_ == 50) {
        channels_mhz_ = {50'000, 50'000};
        shown_mhz_ = 50'000;
    }
    std::string const found = v1 ? fmt::format("  {}Hz-Netz    \r\n", nominal_hz_)
                                 : fmt::format(" => detect {}Hz\r\n", nominal_hz_);
    return output(found + start_of_measurement());
}

/// The bell has no line end after it: it stands before the first reading.
std::string MfmBoard::start_of_measurement() const {
    if (settings_.firmware == Firmware::base_v1) return "Start Netzfrequenzmessung...\r\n\a";
    return fmt::format("Output protocol: {}\r\nStart mains frequency measurement...\r\n\a",
                       settings_.protocol);
}

/// Nine periods. v1 sends a line after every second of these; v2 after each, its two counters taking turns.
BoardOutput MfmBoard::run(Mains const& mains) {
    auto const frequency_hz = mains(time_);
    if (!frequency_hz || *frequency_hz < 1) return signal_lost();
    silence_ = DeviceTime::zero();

    double const duration_s = half_window_periods / *frequency_hz;
    time_ += DeviceTime(duration_s);
    double const ticks = tick_phase_ + duration_s * counter_hz;
    auto const half = static_cast<std::int64_t>(ticks);
    tick_phase_ = ticks - static_cast<double>(half);

    auto const earlier = half_window_;
    half_window_ = half;
    if (!earlier) return {};
    if (settings_.firmware == Firmware::base_v1) half_window_.reset();
    measure(*earlier + half);
    watch_alarms();
    return {time_, line(), shown_mhz_};
}

BoardOutput MfmBoard::signal_lost() {
    time_ += counter_overflow;
    bool const first = silence_ == DeviceTime::zero();
    silence_ += counter_overflow;
    half_window_.reset();
    if (silence_ >= running_watchdog(settings_.firmware)) {
        restart(time_);
        return {};
    }
    if (settings_.firmware == Firmware::base_v1) return output("XXXXX\r\n");
    return output(first ? "ERROR measurement\r\n" : "failt / Error measurement (Trigger ResetCounter)\r\n");
}

/// Counts to millihertz, through the firmware's filters, to what the line shows.
void MfmBoard::measure(std::int64_t count) {
    std::int64_t const measured = count_scale / count;
    if (measurement_invalid_ || !plausible(measured, nominal_hz_)) return;
    auto const measured_mhz = static_cast<int>(measured);
    int const limit_mhz = slew_limit_mhz(settings_.firmware);
    std::optional<int>& last = channels_mhz_[channel_];
    if (!last) {
        channels_mhz_ = {measured_mhz, measured_mhz};
    } else if (*last == 0) {
        last = first_value_after_start_mhz;
    } else {
        last = std::clamp(measured_mhz, *last - limit_mhz, *last + limit_mhz);
    }
    int const value_mhz = *channels_mhz_[channel_];
    if (settings_.firmware == Firmware::base_v1) {
        shown_mhz_ = value_mhz;
        return;
    }
    channel_ = 1 - channel_;
    if (std::abs(value_mhz - *channels_mhz_[channel_]) < channel_agreement_mhz) shown_mhz_ = value_mhz;
}

void MfmBoard::watch_alarms() {
    if (time_ - alarms_watched_ < alarm_evaluation) return;
    alarms_watched_ = time_;
    int const deviation_mhz = std::abs(shown_mhz_ - nominal_hz_ * 1000);
    for (std::size_t i = 0; i < alarm_hold_.size(); ++i) {
        alarm_hold_[i] =
            deviation_mhz > alarm_limits_mhz[i] ? alarm_hold_evaluations : std::max(0, alarm_hold_[i] - 1);
    }
}

std::string MfmBoard::line() const {
    if (settings_.firmware == Firmware::base_v1) return fmt::format("{}\r\n", shown_mhz_);
    unsigned alarms = 0;
    for (std::size_t i = 0; i < alarm_hold_.size(); ++i) {
        if (alarm_hold_[i] > 0) alarms |= 1U << i;
    }
    if (alarms != 0) alarms |= 128U;
    return protocol_line(settings_.protocol, shown_mhz_, nominal_hz_, alarms);
}

}  // namespace devsim
