// SPDX-License-Identifier: MIT
#include "day_channel.hpp"

#include <bridge/clock_gate.hpp>
#include <bridge/file.hpp>

#include "kept_day.hpp"
#include "local_date.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

namespace luxtronik {

namespace {

/// Less than a minute: readings come when they come, and values expire after three missed ones.
constexpr auto give_every = std::chrono::seconds(45);
/// A memory card lasts longer for it, and less than that is bridged at midnight.
constexpr auto keep_every = std::chrono::minutes(10);

/// True if `last` is this long ago, or in the future: the clock was set back.
bool is_due(std::optional<bridge::Timestamp> last, bridge::Timestamp now, std::chrono::milliseconds every) {
    return !last || now < *last || now - *last >= every;
}

}  // namespace

DayChannel::DayChannel(std::string file, std::string device, bridge::Log log)
    : file_(std::move(file)), log_(std::move(log)) {
    load(device);
}

void DayChannel::load(std::string const& device) {
    std::error_code failed;
    if (file_.empty() || !std::filesystem::exists(file_, failed)) return;
    std::ifstream in(file_, std::ios::binary);
    std::string const text{std::istreambuf_iterator<char>(in), {}};
    if (auto kept = read_kept_day(text)) {
        day_ = std::move(*kept);
        return;
    }
    std::filesystem::rename(file_, file_ + ".damaged", failed);
    log_.error("day", "set_aside",
               {{"device", device},
                {"file", file_ + ".damaged"},
                {"detail", "it cannot be understood; the day is counted from now on"}});
}

void DayChannel::take(bridge::Sample const& reading, bridge::Emit const& emit) {
    // Before the host's clock is set nobody knows which day it is.
    if (!bridge::is_set(reading.time)) return;
    auto const today = local_date(reading.time);
    bool const begins = day_.date != today;
    if (begins && newest_ && newest_ != given_) give(*newest_, emit);
    day_.take(reading, today);
    newest_ = reading.time;
    if (begins || is_due(given_, reading.time, give_every)) give(reading.time, emit);
    if (begins || is_due(kept_, reading.time, keep_every)) keep();
}

void DayChannel::give(bridge::Timestamp time, bridge::Emit const& emit) {
    given_ = time;
    auto readings = day_.readings();
    if (!readings.empty()) emit({"", "day", time, std::move(readings)});
}

void DayChannel::keep() {
    if (file_.empty() || !newest_ || kept_ == newest_) return;
    kept_ = newest_;
    auto const done = bridge::replace_file(file_, kept_text(day_));
    std::string const trouble = done ? std::string() : done.error().detail;
    if (std::exchange(told_, trouble) != trouble && !done)
        log_.warn("day", "not_kept", {{"detail", trouble}});
}

}  // namespace luxtronik
