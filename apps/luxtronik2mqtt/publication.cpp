// SPDX-License-Identifier: MIT
#include "publication.hpp"

#include "smart_home.hpp"

#include <chrono>
#include <cstdint>
#include <utility>

namespace luxtronik {

using bridge::Errc;
using bridge::Error;
using bridge::Result;
using bridge::Sample;

namespace {

/// What is published on change is published this often all the same.
constexpr auto heartbeat = std::chrono::hours(24);

}  // namespace

Publication::Publication(bridge::SourceContext const& context, Settings const& settings)
    : context_(context),
      selection_(settings.selection()),
      equipment_(settings.equipment()),
      metrics_(context.metrics, context.target.name, settings.fields(), settings.metrics()),
      day_(context.state_dir.empty() ? "" : context.state_dir + "/day-" + context.target.name,
           context.target.name, context.log) {}

Result<> Publication::take(bridge::Bytes frame, bridge::Timestamp measured, bridge::Emit const& emit) {
    context_.record(measured, frame);
    auto samples = decode(frame, measured, selection_, equipment_);
    if (!samples) return samples.error();
    if (begins_smart_home(frame)) {
        for (auto& sample : *samples) {
            metrics_.show(sample);
            emit(std::move(sample));
        }
        return {};
    }
    note_lengths(frame);
    if (samples->empty() || !samples->front().channel.empty())
        return Error{Errc::out_of_range, "the controller has no values"};
    take_poll(frame, std::move(*samples), emit);
    return {};
}

void Publication::take_poll(bridge::Bytes blocks, std::vector<Sample> samples, bridge::Emit const& emit) {
    if (auto const happened = history(blocks)) {
        for (auto const& occurrence : *happened) context_.occurred("", occurrence);
    }
    performance_.add_to(samples.front());
    Sample const own = samples.front();
    metrics_.show_poll(blocks, samples, equipment_);
    for (auto& sample : samples) {
        if (sample.channel.empty() || is_due(sample)) emit(std::move(sample));
    }
    day_.take(own, [&](Sample sample) {
        metrics_.show(sample);
        emit(std::move(sample));
    });
}

void Publication::lose_controller() {
    day_.keep();
    metrics_.clear();
}

void Publication::lose_smart_home() { metrics_.show({"", "smart_home", {}, {}}); }

/// True if these settings are other than the last ones published, or those are a day old.
bool Publication::is_due(Sample const& sample) {
    auto& last = published_[sample.channel];
    bool const same = last.readings == sample.readings;
    // Before: the clock was set back.
    if (same && sample.time >= last.when && sample.time - last.when < heartbeat) return false;
    last = {sample.readings, sample.time};
    return true;
}

void Publication::note_lengths(bridge::Bytes blocks) {
    auto const found = lengths(blocks);
    if (!found || std::exchange(lengths_, *found) == *found) return;
    context_.log.info("controller", "lengths",
                      {{"device", context_.target.name},
                       {"parameters", static_cast<std::int64_t>(found->parameters)},
                       {"calculations", static_cast<std::int64_t>(found->calculations)},
                       {"visibilities", static_cast<std::int64_t>(found->visibilities)}});
}

}  // namespace luxtronik
