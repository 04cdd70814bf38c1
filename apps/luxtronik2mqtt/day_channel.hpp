// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/log.hpp>
#include <bridge/sample.hpp>

#include "day.hpp"

#include <optional>
#include <string>

namespace luxtronik {

/// The channel `day` of one device: its day, kept in a file over restarts.
class DayChannel {
  public:
    /// `file` empty: nothing is kept. A file that cannot be understood is set aside, and said.
    DayChannel(std::string file, std::string device, bridge::Log log);

    /// The device's own reading. Gives a sample about once a minute, changed or not (what does not come is
    /// taken to be unknown), and the last of a day when the next has begun.
    void take(bridge::Sample const& reading, bridge::Emit const& emit);

    /// Puts into the file what is not there yet.
    void keep();

  private:
    void load(std::string const& device);
    void give(bridge::Timestamp time, bridge::Emit const& emit);

    std::string file_;
    bridge::Log log_;
    Day day_;
    std::optional<bridge::Timestamp> newest_, given_, kept_;
    std::string told_;  ///< why it could not be kept
};

}  // namespace luxtronik
