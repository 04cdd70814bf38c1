// SPDX-License-Identifier: MIT
#include "event_stream.hpp"

#include "device_json.hpp"
#include "news.hpp"

#include <bridge/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <random>
#include <utility>

namespace sink {

namespace asio = boost::asio;
using bridge::HttpResponse;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr auto token = asio::as_tuple(asio::use_awaitable);
constexpr auto pace = milliseconds(250);
/// Where nobody listens.
constexpr auto quiet_pace = milliseconds(2000);
constexpr auto status_interval = std::chrono::seconds(5);
/// When a browser that was cut off tries again.
constexpr auto retry = milliseconds(2000);

std::string event(std::string_view name, std::string const& json) {
    return fmt::format("event: {}\ndata: {}\n\n", name, json);
}

std::string new_epoch() {
    std::random_device random;
    return fmt::format("{:08x}", random());
}

}  // namespace

/// Held by the body of its response.
class EventStream::Listener {
  public:
    Listener(std::shared_ptr<EventStream> stream, std::uint64_t seen)
        : stream_(std::move(stream)), timer_(stream_->loop_), seen_(seen) {
        stream_->listeners_.insert(this);
    }
    ~Listener() { stream_->listeners_.erase(this); }
    Listener(Listener const&) = delete;
    Listener& operator=(Listener const&) = delete;

    /// `devices`: empty for one that goes on from where it was.
    void begin(std::string const& devices) {
        first_ = fmt::format("retry: {}\n", retry.count());
        if (devices.empty()) {
            first_ += '\n';
        } else {
            first_ += event("devices", devices);
            first_ += stream_->id();
        }
    }
    void wake() { timer_.cancel(); }

    asio::awaitable<bridge::Result<std::string>> next() {
        for (;;) {
            std::string events = std::exchange(first_, {}) + stream_->since(seen_);
            seen_ = stream_->number_;
            if (steady_clock::now() >= status_due_) {
                events += stream_->status();
                status_due_ = steady_clock::now() + status_interval;
            }
            if (!events.empty()) co_return events;
            timer_.expires_at(status_due_);
            co_await timer_.async_wait(token);
        }
    }

  private:
    std::shared_ptr<EventStream> stream_;
    asio::steady_timer timer_;
    std::string first_;
    std::uint64_t seen_;
    steady_clock::time_point status_due_ = steady_clock::now();
};

EventStream::EventStream(asio::any_io_executor loop, Source source)
    : loop_(std::move(loop)), source_(std::move(source)), timer_(loop_), epoch_(new_epoch()) {}

void EventStream::start() {
    if (!std::exchange(stopped_, false)) return;
    source_.watch();
    asio::co_spawn(loop_, follow(shared_from_this()), asio::detached);
}

void EventStream::stop() {
    stopped_ = true;
    timer_.cancel();
}

asio::awaitable<HttpResponse> EventStream::open(std::string last_event_id) {
    auto const known = number_of(last_event_id);
    auto const listener = std::make_shared<Listener>(shared_from_this(), known.value_or(number_));
    // It need not wait until somebody looks again.
    timer_.cancel();
    HttpResponse response;
    if (!known) {
        auto asking = source_.devices();
        auto const devices = co_await std::move(asking);
        if (!devices)
            co_return bridge::http_error(503, "the store cannot be read now: " + devices.error().detail);
        listener->begin(to_json(*devices));
    } else {
        listener->begin({});
    }
    response.content_type = "text/event-stream";
    // nginx would keep it back.
    response.headers.emplace_back("X-Accel-Buffering", "no");
    response.more = [listener] { return listener->next(); };
    co_return response;
}

asio::awaitable<void> EventStream::follow(std::shared_ptr<EventStream> self) {
    while (!self->stopped_) {
        if (!self->begun_) {
            auto beginning = self->begin();
            co_await std::move(beginning);
        }
        auto asking = self->source_.news();
        Devices news = co_await std::move(asking);
        self->take(std::move(news));
        self->timer_.expires_after(self->listeners_.empty() ? quiet_pace : pace);
        co_await self->timer_.async_wait(token);
    }
}

/// What is stored is no news to anybody.
asio::awaitable<void> EventStream::begin() {
    auto asking = source_.devices();
    auto devices = co_await std::move(asking);
    if (!devices) co_return;
    begun_ = true;
    newest_ = std::move(*devices);
}

void EventStream::take(Devices news) {
    if (news.empty()) return;
    ++number_;
    for (auto& [name, device] : news) {
        if (device.availability) {
            newest_[name].availability = device.availability;
            availability_[name] = {event("availability", availability_json(name, *device.availability)),
                                   number_};
        }
        for (auto& state : device.channels) note(name, std::move(state));
    }
    for (auto* const listener : listeners_) listener->wake();
}

void EventStream::note(DeviceName const& name, ChannelState&& later) {
    auto& channels = newest_[name].channels;
    auto at = std::ranges::lower_bound(channels, later.channel, {}, &ChannelState::channel);
    if (at == channels.end() || at->channel != later.channel) {
        at = channels.insert(at, std::move(later));
    } else if (!supersede(*at, std::move(later))) {
        return;
    }
    readings_[{name, at->channel}] = {event("reading", reading_json(name, *at)), number_};
}

std::optional<std::uint64_t> EventStream::number_of(std::string const& id) const {
    if (!id.starts_with(epoch_ + "-")) return std::nullopt;
    auto const number = bridge::to_number<std::uint64_t>(std::string_view(id).substr(epoch_.size() + 1));
    return number && *number <= number_ ? number : std::nullopt;
}

/// On its own behind what belongs together: who has the half of that only, has not got the id.
std::string EventStream::id() const { return fmt::format("id: {}-{}\n\n", epoch_, number_); }

std::string EventStream::since(std::uint64_t number) const {
    std::string events;
    if (number == number_) return events;
    for (auto const& [name, said] : availability_) {
        if (said.number > number) events += said.event;
    }
    for (auto const& [name, reading] : readings_) {
        if (reading.number > number) events += reading.event;
    }
    return events + id();
}

std::string EventStream::status() const {
    auto const now = std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
    return event("status",
                 fmt::format(R"({{"now":{},"sink":{}}})", now.time_since_epoch().count(), source_.status()));
}

}  // namespace sink
