// SPDX-License-Identifier: MIT
#include <bridge/outbox.hpp>

#include <algorithm>
#include <utility>

namespace bridge {

std::string channel_topic(std::string const& device_topic, std::string const& channel) {
    return device_topic + (channel.empty() ? "" : "/" + channel);
}

std::string history_topic(std::string const& device_topic, std::string const& channel) {
    return channel_topic(device_topic + "/history", channel);
}

void Outbox::add(std::string const& device_topic, std::string const& channel, std::string payload, bool past,
                 Timestamp time) {
    auto& queued = readings_.emplace_back();
    queued.device_topic = device_topic;
    queued.channel = channel;
    queued.payload = std::move(payload);
    queued.time = time;
    bytes_ += queued.bytes();
    ++waiting_;
    if (!past) {
        auto& newest = newest_[channel_topic(device_topic, channel)];
        Queued* const overtaken = std::exchange(newest, &queued);
        if (overtaken) leave_to_spool(*overtaken);
    }
    while (bytes_ > limits_.bytes) {
        std::size_t const before = bytes_;
        drop_oldest();
        if (bytes_ == before) break;
    }
}

bool Outbox::is_newest(Queued const& queued) const {
    auto const newest = newest_.find(channel_topic(queued.device_topic, queued.channel));
    return newest != newest_.end() && newest->second == &queued;
}

/// What is overtaken and on disk takes its turn among the spool's readings.
void Outbox::leave_to_spool(Queued& queued) {
    if (queued.done || queued.backlog || queued.number == 0 || queued.in_flight_as != 0) return;
    if (queued.number <= last_read_) {
        auto& turn = backlog_.try_emplace(queued.number, queued).first->second;
        turn.backlog = true;
        ++waiting_;
    }
    finish(queued);
}

void Outbox::drop_oldest() {
    for (auto& queued : readings_) {
        if (queued.done || queued.in_flight_as != 0 || is_newest(queued)) continue;
        ++dropped_;
        // It cannot be sent any more, so nobody waits for it.
        if (queued.number != 0) reached_broker(queued.number);
        return finish(queued);
    }
}

void Outbox::finish(Queued& queued) {
    --waiting_;
    if (queued.backlog) {
        backlog_.erase(queued.number);
        return;
    }
    queued.done = true;
    in_both_.erase(queued.number);
    bytes_ -= queued.bytes();
    queued.payload = {};
    while (!readings_.empty() && readings_.front().done) {
        Queued const& front = readings_.front();
        if (is_newest(front)) newest_.erase(channel_topic(front.device_topic, front.channel));
        readings_.pop_front();
    }
}

std::vector<Spooled> Outbox::unspooled() const {
    std::vector<Spooled> out;
    for (auto const& queued : readings_) {
        if (queued.done || queued.number != 0) continue;
        out.push_back({0, queued.time, queued.device_topic, queued.channel, queued.payload});
    }
    return out;
}

void Outbox::spooled(std::uint64_t first) {
    std::vector<Queued*> overtaken;
    for (auto& queued : readings_) {
        if (queued.done || queued.number != 0) continue;
        queued.number = first++;
        in_both_[queued.number] = &queued;
        if (!is_newest(queued)) overtaken.push_back(&queued);
    }
    more_in_spool_ = true;
    for (auto* const queued : overtaken) leave_to_spool(*queued);
}

std::size_t Outbox::backlog_room() const {
    std::size_t const most = 2 * limits_.history_in_flight;
    return most - std::min(most, backlog_.size());
}

void Outbox::add_backlog(std::vector<Spooled> readings, std::uint64_t last_read, bool more) {
    last_read_ = last_read;
    more_in_spool_ = more;
    for (auto& reading : readings) {
        if (ahead_.erase(reading.number) > 0) continue;
        awaited_.insert(reading.number);
        if (in_both_.contains(reading.number)) continue;
        auto& queued = backlog_[reading.number];
        queued.device_topic = std::move(reading.device_topic);
        queued.channel = std::move(reading.channel);
        queued.payload = std::move(reading.payload);
        queued.number = reading.number;
        queued.backlog = true;
        ++waiting_;
    }
}

std::uint64_t Outbox::released() const { return awaited_.empty() ? last_read_ : *awaited_.begin() - 1; }

void Outbox::reached_broker(std::uint64_t number) {
    if (awaited_.erase(number) == 0) ahead_.insert(number);
}

void Outbox::set_state(std::string const& topic, std::string payload) {
    states_[topic] = State{std::move(payload)};
}

void Outbox::add_event(std::string const& topic, std::string payload, std::uint64_t number) {
    events_.push_back({topic, std::move(payload), number});
}

std::optional<std::uint64_t> Outbox::acknowledged_event(std::uint64_t id) {
    auto const found = std::find_if(events_.begin(), events_.end(),
                                    [id](EventLetter const& event) { return event.in_flight_as == id; });
    if (found == events_.end()) return std::nullopt;
    auto const number = found->number;
    events_.erase(found);
    return number;
}

void Outbox::resend_states() {
    for (auto& [topic, state] : states_) {
        state.in_flight_as = 0;
        state.settled = false;
    }
}

Outbox::Outgoing Outbox::send(Queued& queued, bool as_history) {
    queued.in_flight_as = next_id_++;
    queued.as_history = as_history;
    in_flight_[queued.in_flight_as] = &queued;
    if (as_history) ++history_in_flight_;
    auto topic = as_history ? history_topic(queued.device_topic, queued.channel)
                            : channel_topic(queued.device_topic, queued.channel);
    return {queued.in_flight_as, std::move(topic), queued.payload, !as_history && retained_(queued.channel)};
}

std::vector<Outbox::Outgoing> Outbox::take() {
    std::vector<Outgoing> out;
    for (auto& [topic, state] : states_) {
        if (state.settled || state.in_flight_as != 0) continue;
        state.in_flight_as = next_id_++;
        out.push_back({state.in_flight_as, topic, state.payload, true});
    }
    for (auto& event : events_) {
        if (event.in_flight_as != 0) continue;
        event.in_flight_as = next_id_++;
        out.push_back({event.in_flight_as, event.topic, event.payload, false});
    }
    for (auto& [topic, queued] : newest_) {
        if (in_flight_.size() >= limits_.in_flight) break;
        if (queued->done || queued->in_flight_as != 0) continue;
        out.push_back(send(*queued, false));
    }
    auto const has_room = [this] {
        return history_in_flight_ < limits_.history_in_flight && in_flight_.size() < limits_.in_flight;
    };
    for (auto& [number, queued] : backlog_) {
        if (has_room() && queued.in_flight_as == 0) out.push_back(send(queued, true));
    }
    if (more_in_spool_) return out;
    for (auto& queued : readings_) {
        if (!has_room()) break;
        if (!queued.done && queued.in_flight_as == 0) out.push_back(send(queued, true));
    }
    return out;
}

void Outbox::acknowledged(std::uint64_t id) {
    if (auto const found = in_flight_.find(id); found != in_flight_.end()) {
        Queued& queued = *found->second;
        in_flight_.erase(found);
        if (queued.as_history) --history_in_flight_;
        ++delivered_;
        if (queued.number != 0) reached_broker(queued.number);
        return finish(queued);
    }
    for (auto& [topic, state] : states_) {
        if (state.in_flight_as == id) state.settled = true;
    }
}

std::string Outbox::topic_of(std::uint64_t id) const {
    if (auto const found = in_flight_.find(id); found != in_flight_.end()) {
        Queued const& queued = *found->second;
        return queued.as_history ? history_topic(queued.device_topic, queued.channel)
                                 : channel_topic(queued.device_topic, queued.channel);
    }
    for (auto const& [topic, state] : states_) {
        if (state.in_flight_as == id) return topic;
    }
    for (auto const& event : events_) {
        if (event.in_flight_as == id) return event.topic;
    }
    return {};
}

void Outbox::refused(std::uint64_t id) {
    for (auto& [topic, state] : states_) {
        if (state.in_flight_as == id) state.in_flight_as = 0;
    }
    for (auto& event : events_) {
        if (event.in_flight_as == id) event.in_flight_as = 0;
    }
    auto const found = in_flight_.find(id);
    if (found == in_flight_.end()) return;
    Queued& queued = *found->second;
    in_flight_.erase(found);
    queued.in_flight_as = 0;
    if (queued.as_history) --history_in_flight_;
    if (!queued.backlog && !is_newest(queued)) leave_to_spool(queued);
}

void Outbox::disconnected() {
    auto const unsent = std::exchange(in_flight_, {});
    for (auto const& [id, queued] : unsent) queued->in_flight_as = 0;
    for (auto const& [id, queued] : unsent) {
        if (!queued->backlog && !is_newest(*queued)) leave_to_spool(*queued);
    }
    history_in_flight_ = 0;
    for (auto& event : events_) event.in_flight_as = 0;
    resend_states();
}

bool Outbox::settled() const {
    return waiting_ == 0 && events_.empty() &&
           std::all_of(states_.begin(), states_.end(),
                       [](auto const& state) { return state.second.settled; });
}

}  // namespace bridge
