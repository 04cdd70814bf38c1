// SPDX-License-Identifier: MIT
#include <bridge/bridge_status.hpp>

#include <bridge/payload.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace bridge {

namespace {

/// The members of a JSON object, one for each of `items`.
template <class Items, class State>
std::string joined(Items const& items, State const& state) {
    std::string members;
    for (auto const& item : items) {
        members += fmt::format("{}{}:{}", members.empty() ? "" : ",", json_string(item.first),
                               json_string(state(item)));
    }
    return members;
}

bool is_online(std::pair<std::string const, std::unique_ptr<Presence>> const& named) {
    return named.second->online();
}

std::string state_of(Presence const& presence) {
    if (presence.answers == Presence::Answers::unknown) return "unknown";
    return presence.online() ? "online" : "offline";
}

}  // namespace

BridgeStatus::BridgeStatus(Parts parts) : parts_(std::move(parts)) {}

Readiness BridgeStatus::readiness() const {
    auto const& delivery = parts_.delivery;
    bool const connected = delivery.connected();
    auto const& all = parts_.presences.all();
    // Of a crowd some are always away; of what is named in the settings all are expected.
    bool const answering = named_by_sample() ? std::any_of(all.begin(), all.end(), is_online)
                                             : std::all_of(all.begin(), all.end(), is_online);
    std::string states = fmt::format(R"("devices":{{{}}})", joined(all, [&, this](auto const& named) {
                                         if (is_online(named)) return std::string("online");
                                         if (named_by_sample()) return std::string("silent");
                                         return parts_.targets.at(named.first)->why_silent();
                                     }));
    if (named_by_sample()) {
        states += fmt::format(R"(,"targets":{{{}}})", joined(parts_.targets, [](auto const& named) {
                                  return named.second->answered ? std::string("answers")
                                                                : named.second->why_silent();
                              }));
    }
    std::string const broker = connected                    ? "connected"
                               : delivery.trouble().empty() ? "connecting"
                                                            : delivery.trouble();
    bool const ready = answering && (connected || parts_.dry_run);
    return {ready, fmt::format(R"({{"ready":{},"broker":{},{}}})", ready, json_string(broker), states)};
}

SelfReport BridgeStatus::report() const {
    auto const& delivery = parts_.delivery;
    SelfReport report;
    report.time = Clocks::now().wall;
    report.uptime =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - started_);
    report.instance = parts_.instance;
    report.first_seq = parts_.sequence.first();
    report.queue = delivery.waiting();
    report.spool_bytes = delivery.spool() ? delivery.spool()->bytes() : 0;
    report.delivered = delivery.delivered();
    report.dropped = dropped();
    report.events_dropped = parts_.events.dropped();
    report.unheard = delivery.unheard();
    for (auto const& [name, presence] : parts_.presences.all()) {
        DeviceReport device;
        device.name = name;
        device.state = state_of(*presence);
        device.last_reading = presence->measured;
        device.readings = presence->readings->value();
        if (auto const found = parts_.targets.find(name); found != parts_.targets.end()) {
            device.errors = found->second->errors;
            device.parts = found->second->parts;
            if (!presence->online()) device.trouble = found->second->why_silent();
        }
        report.devices.push_back(std::move(device));
    }
    return report;
}

std::string BridgeStatus::info() const {
    return fmt::format(R"({{"program":{},"version":{},"protocol":{},"started":{},"settings":{}}})",
                       json_string(parts_.facts.program), json_string(version()),
                       json_string(parts_.delivery.protocol()), started_wall_.time_since_epoch().count(),
                       parts_.settings_json);
}

std::string BridgeStatus::line() const {
    auto const& delivery = parts_.delivery;
    auto const& all = parts_.presences.all();
    return fmt::format("broker {}, {} of {} devices online",
                       delivery.connected()         ? "connected"
                       : delivery.trouble().empty() ? "connecting"
                                                    : "away: " + delivery.trouble(),
                       std::count_if(all.begin(), all.end(), is_online), all.size());
}

std::string BridgeStatus::metric(std::string_view what) const {
    return fmt::format("{}_{}", parts_.facts.program, what);
}

std::uint64_t BridgeStatus::dropped() const {
    return parts_.delivery.dropped() + parts_.clock_gate.dropped();
}

void BridgeStatus::measure() {
    auto& metrics = parts_.metrics;
    auto const& delivery = parts_.delivery;
    metrics.gauge(metric("queue_readings"), "Readings that the broker has not acknowledged.")
        .set(static_cast<double>(delivery.waiting()));
    metrics.gauge(metric("broker_connected"), "1 while connected to the broker.")
        .set(delivery.connected() ? 1 : 0);
    auto const raise = [](Counter& counter, std::uint64_t value) { counter.add(value - counter.value()); };
    raise(metrics.counter(metric("readings_delivered_total"), "Readings that the broker has acknowledged."),
          delivery.delivered());
    raise(metrics.counter(metric("readings_dropped_total"), "Readings lost because the queue was full."),
          dropped());
    raise(metrics.counter(metric("events_dropped_total"),
                          "Events lost because too many waited for the broker."),
          parts_.events.dropped());
    raise(metrics.counter(metric("messages_unheard_total"),
                          "Messages to this program that were too many at once, or too long, to be heard."),
          delivery.unheard());
}

BridgeStatus::Found BridgeStatus::found(MqttSettings const& broker) const {
    Found found{true, ""};
    for (auto const& [name, device] : parts_.targets) {
        bool const answers = device->first_taken;
        found.good = found.good && answers;
        found.text +=
            fmt::format("device {} at {}: {}\n", name, device->target.address,
                        answers ? "answers " + device->first_payload
                                : "no reading" + (device->trouble.empty() ? "" : ": " + device->trouble));
    }
    if (parts_.dry_run) return found;
    auto const& delivery = parts_.delivery;
    found.good = found.good && delivery.connected();
    found.text += fmt::format("broker {} port {}: {}\n", broker.host, broker.effective_port(),
                              delivery.connected() ? fmt::format("connected, MQTT {}", delivery.protocol())
                              : delivery.trouble().empty() ? "no answer"
                                                           : delivery.trouble());
    return found;
}

}  // namespace bridge
