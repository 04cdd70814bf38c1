// SPDX-License-Identifier: MIT
#pragma once

#include "device_time.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace devsim {

/// base_v1: "NFA-RPi 1.0 Basisprogramm", protocol 1 only. extended_v2: "NFA-RPi 2.0 extendend mfm",
/// protocols 1 to 4.
enum class Firmware { base_v1, extended_v2 };

/// How the firmware learns the nominal frequency when it starts.
enum class Detection {
    preset,    ///< set by the user; the first reading then ramps down from 65476 mHz
    automatic  ///< measured; at 50 Hz there is no ramp, at 60 Hz there is
};

/// The voltage at the board's input over device time: its frequency in Hz, nothing while there is no signal.
using Mains = std::function<std::optional<double>(DeviceTime)>;

/// What the board sends in one go, at the time of its end.
struct BoardOutput {
    DeviceTime time{};
    std::string bytes;
    std::optional<int> millihertz;  ///< of a reading; nothing: a banner or an error text
};

/// The two firmwares of the mains frequency board (open hardware, foorschtbar/mains-frequency-measure,
/// firmware v1.0 and v2.0), as a model without a clock: each call of `next` goes on to the next thing the
/// board sends. What the documentation leaves open and is guessed here: how long a start takes, which texts
/// of the v1 banner a preset frequency leaves out, and where within a loss of signal v2 sends its error
/// texts.
class MfmBoard {
  public:
    struct Settings {
        Firmware firmware = Firmware::base_v1;
        int protocol = 1;
        int nominal_hz = 50;  ///< where it is preset
        Detection detection = Detection::preset;
        bool settled = true;  ///< begins as if it had run for long: no banner, no ramp
    };

    explicit MfmBoard(Settings settings);

    [[nodiscard]] BoardOutput next(Mains const& mains);

    /// From the next output on, as the jumper that is read before every line.
    void set_protocol(int protocol) { settings_.protocol = protocol; }
    [[nodiscard]] int protocol() const { return settings_.protocol; }

    /// While true each measurement fails its checks, and the last value is sent again (0 right after a
    /// start).
    void set_measurement_invalid(bool invalid) { measurement_invalid_ = invalid; }

    /// The reset line, or power that comes back at `time`, which is not before `time()`.
    void restart(DeviceTime time);

    /// Device time of the last output.
    [[nodiscard]] DeviceTime time() const { return time_; }

  private:
    enum class State { starting, detecting, running };

    [[nodiscard]] BoardOutput start();
    [[nodiscard]] BoardOutput detect(Mains const& mains);
    [[nodiscard]] BoardOutput run(Mains const& mains);
    [[nodiscard]] BoardOutput signal_lost();
    [[nodiscard]] BoardOutput output(std::string bytes) const { return {time_, std::move(bytes), {}}; }
    [[nodiscard]] std::string start_of_measurement() const;

    void measure(std::int64_t count);
    void watch_alarms();
    [[nodiscard]] std::string line() const;

    Settings settings_;
    State state_ = State::running;
    DeviceTime time_{};
    bool measurement_invalid_ = false;

    int nominal_hz_ = 50;
    double tick_phase_ = 0;                    ///< of the counter's clock at the last capture, 0 to 1
    std::optional<std::int64_t> half_window_;  ///< counts of the nine periods before
    DeviceTime silence_{};                     ///< since the signal was lost, or since detection began

    /// v1 has one channel, v2 two, in turn. Nothing: take the first measurement as it is; 0: none since
    /// start.
    std::array<std::optional<int>, 2> channels_mhz_;
    std::size_t channel_ = 0;
    int shown_mhz_ = 0;

    DeviceTime alarms_watched_{};
    std::array<int, 4> alarm_hold_{};
};

/// How far the grid is from balance in MW, by the firmware's rule of thumb for Continental Europe:
/// sign * trunc((|deviation| - 10 mHz) * 15.3333), 0 within 10 mHz, at most 9999.
[[nodiscard]] int load_difference_mw(int deviation_mhz);

/// XOR of the 16 bytes after `NFA`, modulo 100.
[[nodiscard]] int protocol3_checksum(std::string const& line);

/// One line of firmware v2.0, CR LF included. `alarms`: bits 0 to 7 are f1 f2 f3 f4 FS PA reserved SA.
///
///     1  50000\r\n
///     2  50028;+0276;000\r\n              mHz ; MW ; alarm byte
///     3  NFA50028f+0276P000M92C\r\n       mHz f MW P alarm byte M checksum C
///     4  50028;+0276;0;0;0;0;0;0;0;0\r\n  mHz ; MW ; bit 0 .. bit 7
///
/// The sign of MW is that of the deviation, and the digit 0 at exactly the nominal frequency: `00000`.
[[nodiscard]] std::string protocol_line(int protocol, int millihertz, int nominal_hz, unsigned alarms);

}  // namespace devsim
