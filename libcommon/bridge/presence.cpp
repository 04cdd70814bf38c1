// SPDX-License-Identifier: MIT
#include <bridge/presence.hpp>

#include <utility>

namespace bridge {

Presences::Presences(boost::asio::any_io_executor loop, Log log, Metrics& metrics, Settings settings,
                     Changed changed)
    : loop_(std::move(loop)),
      log_(log),
      metrics_(metrics),
      settings_(std::move(settings)),
      changed_(std::move(changed)) {}

Presence& Presences::of(std::string const& name, std::string const& address) {
    auto& presence = all_[name];
    if (presence) return *presence;
    presence = std::make_unique<Presence>(name, address, loop_);
    Metrics::Labels const labels = {{"device", name}};
    std::string const& prefix = settings_.metrics_prefix;
    presence->readings =
        &metrics_.counter(prefix + "_readings_total", "Readings taken of the device.", labels);
    presence->up = &metrics_.gauge(prefix + "_device_up", "1 while the device answers.", labels);
    return *presence;
}

void Presences::answered(Presence& presence, std::chrono::milliseconds patience) {
    set(presence, Presence::Answers::yes);
    watch(presence, patience);
}

void Presences::lost(Presence& presence) { set(presence, Presence::Answers::no); }

void Presences::watch(Presence& presence, std::chrono::milliseconds patience) {
    presence.patience.expires_after(patience);
    presence.patience.async_wait([this, &presence](boost::system::error_code cancelled) {
        if (cancelled) return;
        if (presence.answers != Presence::Answers::no && !settings_.quiet) {
            log_.warn("device", "silent", {{"device", presence.name}, {"target", presence.address}});
        }
        lost(presence);
    });
}

void Presences::stop() {
    for (auto& [name, presence] : all_) presence->patience.cancel();
}

void Presences::set(Presence& presence, Presence::Answers answers) {
    if (std::exchange(presence.answers, answers) == answers) return;
    presence.up->set(presence.online() ? 1 : 0);
    if (presence.online() && !settings_.quiet) {
        log_.info("device", "online", {{"device", presence.name}, {"target", presence.address}});
    }
    changed_(presence);
}

}  // namespace bridge
