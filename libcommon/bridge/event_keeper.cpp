// SPDX-License-Identifier: MIT
#include <bridge/event_keeper.hpp>

#include <bridge/file.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

namespace bridge {

namespace {

/// Many things happen at once, as at a start: one writing serves them.
constexpr auto keep_delay = std::chrono::milliseconds(200);

}  // namespace

EventKeeper::EventKeeper(boost::asio::any_io_executor loop, Log log, Delivery& delivery, std::string base,
                         std::string file)
    : log_(std::move(log)),
      delivery_(delivery),
      base_(std::move(base)),
      file_(std::move(file)),
      keep_(std::move(loop)) {}

void EventKeeper::start() {
    std::error_code failed;
    if (file_.empty() || !std::filesystem::exists(file_, failed)) return;
    std::ifstream in(file_, std::ios::binary);
    std::string const text{std::istreambuf_iterator<char>(in), {}};
    auto kept = Events::from_text(text);
    if (!kept) {
        std::filesystem::rename(file_, file_ + ".damaged", failed);
        log_.error("events", "set_aside", {{"file", file_ + ".damaged"}, {"detail", kept.error().detail}});
        return;
    }
    events_ = std::move(*kept);
    for (auto const& device : events_.devices()) publish(device);
}

void EventKeeper::conditions(std::string const& device, Timestamp time,
                             std::vector<Condition> const& conditions) {
    bool const first = !events_.knows(device);
    if (events_.conditions(device, time, conditions) || first) publish(device);
}

void EventKeeper::occurred(std::string const& device, Occurrence const& occurrence) {
    if (events_.occurred(device, occurrence)) publish(device);
}

void EventKeeper::publish(std::string const& device) {
    std::string const topic = base_ + "/" + device;
    delivery_.set_state(topic + "/alerts", events_.alerts_json(device));
    for (auto const& event : events_.pending()) {
        if (event.number <= given_) continue;
        given_ = event.number;
        delivery_.add_event(base_ + "/" + event.device + "/event", event.payload, event.number);
    }
    keep_soon();
}

void EventKeeper::acknowledged(std::uint64_t number) {
    events_.acknowledged(number);
    keep_soon();
}

void EventKeeper::keep_soon() {
    if (file_.empty() || std::exchange(changed_, true)) return;
    keep_.expires_after(keep_delay);
    keep_.async_wait([this](boost::system::error_code cancelled) {
        if (!cancelled) keep();
    });
}

void EventKeeper::keep() {
    if (!std::exchange(changed_, false)) return;
    auto const kept = replace_file(file_, events_.to_text());
    std::string const trouble = kept ? std::string() : kept.error().detail;
    if (std::exchange(told_, trouble) != trouble && !kept) {
        log_.warn("events", "not_kept", {{"detail", trouble}});
    }
}

void EventKeeper::stop() {
    keep_.cancel();
    keep();
}

}  // namespace bridge
