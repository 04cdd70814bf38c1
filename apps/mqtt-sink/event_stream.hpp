// SPDX-License-Identifier: MIT
#pragma once

#include "api.hpp"
#include "store_reader.hpp"

#include <bridge/http_server.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace sink {

/// `/api/v1/stream`, server-sent events for whoever listens:
///
///     devices       all that is stored, as /api/v1/devices has it; once, at the beginning
///     reading       what was stored since: {"base":..,"device":..,"channel":..,"ts":..,"fields":{..}}
///     availability  {"base":..,"device":..,"availability":"online"}; of the device `bridge` it is that of
///                   what reads the base's devices: while that is offline all of them are
///     status        {"now":1785570000123,"sink":{"ready":true,..}}, every 5 s: the sink's clock, and /readyz
///
/// At most four times a second, of each channel the newest: a flood costs a listener no more than that, and
/// memory is bounded by the number of channels. A reading may be as old as the one before, and completes it
/// then, or older, when it was late. A stream that is broken begins anew: what was missed is in `devices`.
///
/// On the loop. Held by the bodies that it makes.
class EventStream : public std::enable_shared_from_this<EventStream> {
  public:
    /// Where events come from. Not called any more once the loop has stopped.
    struct Source {
        std::function<boost::asio::awaitable<ApiAnswer>()> devices;
        std::function<void(bool wanted)> watch;                 ///< whether `news` is going to be asked
        std::function<boost::asio::awaitable<Devices>()> news;  ///< what is new since it was asked last
        std::function<std::string()> status;                    ///< JSON
    };

    EventStream(boost::asio::any_io_executor loop, Source source);

    /// One more listener.
    [[nodiscard]] boost::asio::awaitable<bridge::HttpResponse> open();

  private:
    class Listener;
    struct Reading {
        ChannelState state = {};
        std::string event = {};
        std::uint64_t number = 0;  ///< of the news that brought it
    };
    struct Said {
        std::string event;
        std::uint64_t number = 0;
    };

    static boost::asio::awaitable<void> follow(std::shared_ptr<EventStream> self);
    void take(Devices news);
    [[nodiscard]] std::string since(std::uint64_t number) const;
    [[nodiscard]] std::string status() const;

    boost::asio::any_io_executor loop_;
    Source source_;
    boost::asio::steady_timer timer_;
    std::set<Listener*> listeners_;
    bool following_ = false;
    std::uint64_t number_ = 0;  ///< of the newest news
    std::map<std::pair<DeviceName, std::string>, Reading> readings_;
    std::map<DeviceName, Said> availability_;
};

}  // namespace sink
