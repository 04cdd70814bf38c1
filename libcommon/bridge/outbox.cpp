// SPDX-License-Identifier: MIT
#include <bridge/outbox.hpp>

#include <algorithm>

namespace bridge {

namespace {

std::string topic_of(std::string const& device_topic, std::string const& channel) {
    return device_topic + (channel.empty() ? "" : "/" + channel);
}

}  // namespace

std::string history_topic(std::string const& device_topic, std::string const& channel) {
    return topic_of(device_topic + "/history", channel);
}

void Outbox::add(std::string const& device_topic, std::string const& channel, std::string payload,
                 bool past) {
    auto& queued = readings_.emplace_back();
    queued.device_topic = device_topic;
    queued.channel = channel;
    queued.payload = std::move(payload);
    if (!past) newest_[topic_of(device_topic, channel)] = &queued;
    bytes_ += queued.bytes();
    ++waiting_;
    while (bytes_ > limits_.bytes) {
        std::size_t const before = bytes_;
        drop_oldest();
        if (bytes_ == before) break;
    }
}

void Outbox::drop_oldest() {
    for (auto& queued : readings_) {
        auto const newest = newest_.find(topic_of(queued.device_topic, queued.channel));
        bool const is_newest = newest != newest_.end() && newest->second == &queued;
        if (queued.done || queued.in_flight_as != 0 || is_newest) continue;
        ++dropped_;
        return finish(queued);
    }
}

void Outbox::finish(Queued& queued) {
    queued.done = true;
    bytes_ -= queued.bytes();
    --waiting_;
    queued.payload = {};
    while (!readings_.empty() && readings_.front().done) {
        auto const newest = newest_.find(topic_of(readings_.front().device_topic, readings_.front().channel));
        if (newest != newest_.end() && newest->second == &readings_.front()) newest_.erase(newest);
        readings_.pop_front();
    }
}

void Outbox::set_state(std::string const& topic, std::string payload) {
    states_[topic] = State{std::move(payload)};
}

Outbox::Outgoing Outbox::send(Queued& queued, bool as_history) {
    queued.in_flight_as = next_id_++;
    queued.as_history = as_history;
    in_flight_[queued.in_flight_as] = &queued;
    if (as_history) ++history_in_flight_;
    auto topic = as_history ? history_topic(queued.device_topic, queued.channel)
                            : topic_of(queued.device_topic, queued.channel);
    return {queued.in_flight_as, std::move(topic), queued.payload, retain_readings_ && !as_history};
}

std::vector<Outbox::Outgoing> Outbox::take() {
    std::vector<Outgoing> out;
    for (auto& [topic, state] : states_) {
        if (state.settled || state.in_flight_as != 0) continue;
        state.in_flight_as = next_id_++;
        out.push_back({state.in_flight_as, topic, state.payload, true});
    }
    for (auto& [topic, queued] : newest_) {
        if (in_flight_.size() >= limits_.in_flight) break;
        if (queued->done || queued->in_flight_as != 0) continue;
        out.push_back(send(*queued, false));
    }
    for (auto& queued : readings_) {
        if (history_in_flight_ >= limits_.history_in_flight || in_flight_.size() >= limits_.in_flight) break;
        if (queued.done || queued.in_flight_as != 0) continue;
        out.push_back(send(queued, true));
    }
    return out;
}

void Outbox::acknowledged(std::uint64_t id) {
    if (auto const found = in_flight_.find(id); found != in_flight_.end()) {
        Queued& queued = *found->second;
        in_flight_.erase(found);
        if (queued.as_history) --history_in_flight_;
        ++delivered_;
        return finish(queued);
    }
    for (auto& [topic, state] : states_) {
        if (state.in_flight_as == id) state.settled = true;
    }
}

void Outbox::disconnected() {
    for (auto const& [id, queued] : in_flight_) queued->in_flight_as = 0;
    in_flight_.clear();
    history_in_flight_ = 0;
    for (auto& [topic, state] : states_) {
        state.in_flight_as = 0;
        state.settled = false;
    }
}

bool Outbox::settled() const {
    return waiting_ == 0 && std::all_of(states_.begin(), states_.end(),
                                        [](auto const& state) { return state.second.settled; });
}

}  // namespace bridge
