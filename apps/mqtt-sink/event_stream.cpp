// SPDX-License-Identifier: MIT
#include "event_stream.hpp"

#include "device_json.hpp"
#include "news.hpp"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

namespace sink {

namespace asio = boost::asio;
using bridge::HttpResponse;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr auto token = asio::as_tuple(asio::use_awaitable);
constexpr auto pace = milliseconds(250);
constexpr auto status_interval = std::chrono::seconds(5);
/// When a browser that was cut off tries again.
constexpr auto retry = milliseconds(2000);

std::string event(std::string_view name, std::string const& json) {
    return fmt::format("event: {}\ndata: {}\n\n", name, json);
}

}  // namespace

/// Held by the body of its response.
class EventStream::Listener {
  public:
    explicit Listener(std::shared_ptr<EventStream> stream)
        : stream_(std::move(stream)), timer_(stream_->loop_), seen_(stream_->number_) {
        stream_->listeners_.insert(this);
    }
    ~Listener() { stream_->listeners_.erase(this); }
    Listener(Listener const&) = delete;
    Listener& operator=(Listener const&) = delete;

    void begin(std::string const& devices) {
        first_ = fmt::format("retry: {}\n", retry.count()) + event("devices", devices);
    }
    void wake() { timer_.cancel(); }

    asio::awaitable<std::string> next() {
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
    : loop_(std::move(loop)), source_(std::move(source)), timer_(loop_) {}

asio::awaitable<HttpResponse> EventStream::open() {
    auto const listener = std::make_shared<Listener>(shared_from_this());
    if (!std::exchange(following_, true)) {
        source_.watch(true);
        asio::co_spawn(loop_, follow(shared_from_this()), asio::detached);
    }
    auto asking = source_.devices();
    ApiAnswer devices = co_await std::move(asking);
    HttpResponse response;
    response.status = devices.status;
    if (devices.status != 200) {
        response.content_type = "application/json";
        response.body = std::move(devices.body);
        co_return response;
    }
    listener->begin(devices.body);
    response.content_type = "text/event-stream";
    // nginx would keep it back.
    response.headers.emplace_back("X-Accel-Buffering", "no");
    response.more = [listener] { return listener->next(); };
    co_return response;
}

asio::awaitable<void> EventStream::follow(std::shared_ptr<EventStream> self) {
    while (!self->listeners_.empty()) {
        self->timer_.expires_after(pace);
        co_await self->timer_.async_wait(token);
        auto asking = self->source_.news();
        Devices news = co_await std::move(asking);
        self->take(std::move(news));
    }
    self->source_.watch(false);
    self->following_ = false;
    self->readings_.clear();
    self->availability_.clear();
}

void EventStream::take(Devices news) {
    if (news.empty()) return;
    ++number_;
    for (auto& [name, device] : news) {
        if (device.availability) {
            availability_[name] = {event("availability", availability_json(name, *device.availability)),
                                   number_};
        }
        for (auto& state : device.channels) {
            auto& known = readings_[{name, state.channel}];
            if (!supersede(known.state, std::move(state))) continue;
            known.event = event("reading", reading_json(name, known.state));
            known.number = number_;
        }
    }
    for (auto* const listener : listeners_) listener->wake();
}

std::string EventStream::since(std::uint64_t number) const {
    std::string events;
    if (number == number_) return events;
    for (auto const& [name, said] : availability_) {
        if (said.number > number) events += said.event;
    }
    for (auto const& [name, reading] : readings_) {
        if (reading.number > number) events += reading.event;
    }
    return events;
}

std::string EventStream::status() const {
    auto const now = std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
    return event("status",
                 fmt::format(R"({{"now":{},"sink":{}}})", now.time_since_epoch().count(), source_.status()));
}

}  // namespace sink
