// SPDX-License-Identifier: MIT
#include "mqtt_probe.hpp"

#include "eventually.hpp"

#include <mqtt/async_client.h>
#include <algorithm>
#include <atomic>
#include <iterator>
#include <mutex>
#include <stdexcept>

namespace test {

namespace {

constexpr auto patience = 30s;

std::string own_topic(std::string const& client_id) { return "probes/" + client_id; }

}  // namespace

struct MqttProbe::State {
    State(std::uint16_t port, std::vector<std::string> const& topic_filters, std::string const& id)
        : client_id(id), filters(topic_filters), client("tcp://127.0.0.1:" + std::to_string(port), id) {
        filters.push_back(own_topic(id));
    }

    std::string const client_id;
    std::vector<std::string> filters;
    std::mutex mutable mutex;
    std::vector<Message> messages;
    std::size_t caught_up = 0;  ///< markers that came back
    std::size_t markers = 0;    ///< markers sent
    std::atomic<bool> subscribed = false;
    mqtt::async_client client;

    void keep(mqtt::const_message_ptr const& message) {
        std::lock_guard const lock(mutex);
        if (message->get_topic() == own_topic(client_id)) {
            ++caught_up;
            return;
        }
        messages.push_back({message->get_topic(), message->get_payload_str(), message->is_retained(),
                            message->get_qos(), std::chrono::system_clock::now()});
    }
};

MqttProbe::MqttProbe(std::uint16_t port, std::vector<std::string> const& filters,
                     std::string const& client_id)
    : state_(std::make_shared<State>(port, filters, client_id)) {
    auto& client = state_->client;
    // The client is part of the state: the handlers must not keep it alive.
    auto* const state = state_.get();
    client.set_message_callback([state](mqtt::const_message_ptr message) { state->keep(message); });
    client.set_connected_handler([state](mqtt::string const&) {
        // A broker that was killed has forgotten them.
        if (!state->subscribed) return;
        for (auto const& filter : state->filters) state->client.subscribe(filter, 1);
    });
    auto const options = mqtt::connect_options_builder()
                             .clean_session(false)
                             .automatic_reconnect(std::chrono::seconds(1), std::chrono::seconds(1))
                             .keep_alive_interval(std::chrono::seconds(10))
                             .finalize();
    if (!client.connect(options)->wait_for(patience)) throw std::runtime_error("probe: no connection");
    for (auto const& filter : state_->filters) {
        if (!client.subscribe(filter, 1)->wait_for(patience)) throw std::runtime_error("probe: no SUBACK");
    }
    state_->subscribed = true;
}

MqttProbe::~MqttProbe() {
    try {
        state_->client.disconnect()->wait_for(2s);
    } catch (mqtt::exception const&) {
        // The broker may be gone by now.
    }
}

std::vector<Message> MqttProbe::messages() const {
    std::lock_guard const lock(state_->mutex);
    return state_->messages;
}

std::vector<Message> MqttProbe::on(std::string const& topic) const {
    std::lock_guard const lock(state_->mutex);
    std::vector<Message> found;
    std::ranges::copy_if(state_->messages, std::back_inserter(found),
                         [&](Message const& message) { return message.topic == topic; });
    return found;
}

std::optional<Message> MqttProbe::last(std::string const& topic) const {
    std::lock_guard const lock(state_->mutex);
    auto const& all = state_->messages;
    auto const newest = std::find_if(all.rbegin(), all.rend(),
                                     [&](Message const& message) { return message.topic == topic; });
    return newest == all.rend() ? std::nullopt : std::optional(*newest);
}

bool MqttProbe::sees(std::string const& topic, std::string const& payload,
                     std::chrono::milliseconds deadline) const {
    return eventually(
        [&] {
            auto const newest = last(topic);
            return newest && newest->payload == payload;
        },
        deadline);
}

void MqttProbe::publish(std::string const& topic, std::string const& payload, bool retained) {
    auto const token = state_->client.publish(mqtt::make_message(topic, payload, 1, retained));
    if (!token->wait_for(patience)) throw std::runtime_error("probe: " + topic + " is not acknowledged");
}

void MqttProbe::catch_up() {
    std::size_t const wanted = ++state_->markers;
    publish(own_topic(state_->client_id), std::to_string(wanted));
    bool const back = eventually([&] {
        std::lock_guard const lock(state_->mutex);
        return state_->caught_up >= wanted;
    });
    if (!back) throw std::runtime_error("probe: its own message does not come back");
}

}  // namespace test
