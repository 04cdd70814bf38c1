// SPDX-License-Identifier: MIT
#include <bridge/replay.hpp>

#include <bridge/topic_name.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace bridge {

namespace asio = boost::asio;

Replay::Replay(asio::any_io_executor loop, Log const& log, BridgeProgram const& program,
               RecordingFile& recording, Delivery& delivery, Way way)
    : log_(log),
      program_(program),
      recording_(recording),
      delivery_(delivery),
      way_(std::move(way)),
      pause_(std::move(loop)) {}

asio::awaitable<bool> Replay::run() {
    if (recording_.is_cut()) log_.warn("replay", "cut_line_left_out", {{"file", way_.name}});
    for (std::uint64_t delivered = 0; !stopping_;) {
        auto const frame = recording_.next();
        if (!frame) {
            log_.error("replay", "broken", {{"detail", frame.error().detail}});
            co_return false;
        }
        if (!*frame) break;
        give(**frame);
        if (std::exchange(delivered, readings_) == readings_) continue;
        auto delivering = until_delivered();
        co_await std::move(delivering);
    }
    for (auto const& [device, source] : sources_) source.finish(emit_for(device));
    auto delivering = until_delivered();
    co_await std::move(delivering);
    log_.info("replay", "ended",
              {{"file", way_.name},
               {"frames", static_cast<std::int64_t>(frames_)},
               {"refused", static_cast<std::int64_t>(refused_)},
               {"readings", static_cast<std::int64_t>(readings_)}});
    co_return true;
}

void Replay::stop() {
    stopping_ = true;
    pause_.cancel();
}

void Replay::give(RecordedFrame const& frame) {
    // A recording that does not say whose its frames are is of the first device of the settings.
    auto const targets = program_.targets();
    auto const unnamed = targets.empty() ? program_.facts.base : targets.front().name;
    auto const device = topic_name(frame.device.empty() ? unnamed : frame.device);
    auto found = sources_.find(device);
    if (found == sources_.end()) {
        auto made = program_.make(way_.context({device, way_.name}));
        found = sources_.emplace(device, std::move(made)).first;
    }
    auto const emit = emit_for(device);
    if (frame.begins_session) found->second.finish(emit);
    auto const taken = found->second.take(as_bytes(frame.bytes), frame.time, emit);
    ++frames_;
    if (taken) return;
    ++refused_;
    log_.debug("replay", "refused", {{"device", device}, {"detail", taken.error().detail}});
}

Emit Replay::emit_for(std::string const& device) {
    return [this, device](Sample sample) {
        if (sample.device.empty()) sample.device = device;
        ++readings_;
        way_.take(std::move(sample));
    };
}

/// Until the broker has all readings, and those that a source gives only then.
asio::awaitable<void> Replay::until_delivered() {
    for (auto before = readings_; !stopping_; before = readings_) {
        pause_.expires_at(std::chrono::steady_clock::time_point::max());
        delivery_.when_delivered([this] { pause_.cancel(); });
        co_await pause_.async_wait(asio::as_tuple(asio::use_awaitable));
        if (delivery_.waiting() == 0 && before == readings_) co_return;
    }
}

}  // namespace bridge
