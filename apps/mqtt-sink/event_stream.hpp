// SPDX-License-Identifier: MIT
#pragma once

#include "store_reader.hpp"

#include <bridge/http_server.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace sink {

/// What is known of every device now, in memory: what is stored, and what came since. Asked by `/metrics`,
/// and told by `/api/v1/stream` as server-sent events:
///
///     devices       all that is stored, as /api/v1/devices has it: the listener begins anew
///     reading       what was stored since: {"base":..,"device":..,"channel":..,"ts":..,"fields":{..}}
///     availability  {"base":..,"device":..,"availability":"online"}; of the device `bridge` it is that of
///                   what reads the base's devices: while that is offline all of them are
///     status        {"now":1785570000123,"sink":{"ready":true,..}}, every 5 s: the sink's clock, and /readyz
///
/// At most four times a second, of each channel the newest: a flood costs a listener no more than that, and
/// memory is bounded by the number of channels. A reading may be as old as the one before, and completes it
/// then, or older, when it was late.
///
/// After each piece stands its id, `<epoch>-<number of the news>`. Who comes back with it (`Last-Event-ID`)
/// gets no `devices`, but what has changed since, of each channel the newest. The epoch is another one at
/// each start of the program: an id of another is answered with `devices`.
///
/// On the loop. Held by the bodies that it makes.
class EventStream : public std::enable_shared_from_this<EventStream> {
  public:
    /// Where events come from. Not called any more once the loop has stopped.
    struct Source {
        std::function<boost::asio::awaitable<StoreResult<Devices>>()> devices;
        std::function<void()> watch;                            ///< `news` is going to be asked from now on
        std::function<boost::asio::awaitable<Devices>()> news;  ///< what is new since it was asked last
        std::function<std::string()> status;                    ///< JSON
    };

    EventStream(boost::asio::any_io_executor loop, Source source);

    /// Follows what is stored from now on, until it is stopped.
    void start();
    void stop();

    /// One more listener; `last_event_id` is what it says that it has, or empty.
    [[nodiscard]] boost::asio::awaitable<bridge::HttpResponse> open(std::string last_event_id);

    /// All that is known, the device `bridge` included; empty until the store has been asked.
    [[nodiscard]] Devices const& newest() const { return newest_; }

  private:
    class Listener;
    struct Said {
        std::string event;
        std::uint64_t number = 0;  ///< of the news that brought it
    };

    static boost::asio::awaitable<void> follow(std::shared_ptr<EventStream> self);
    boost::asio::awaitable<void> begin();
    void take(Devices news);
    void note(DeviceName const& name, ChannelState&& later);
    /// The number in an id of this stream's.
    [[nodiscard]] std::optional<std::uint64_t> number_of(std::string const& id) const;
    [[nodiscard]] std::string id() const;
    [[nodiscard]] std::string since(std::uint64_t number) const;
    [[nodiscard]] std::string status() const;

    boost::asio::any_io_executor loop_;
    Source source_;
    boost::asio::steady_timer timer_;
    std::set<Listener*> listeners_;
    bool stopped_ = true;
    bool begun_ = false;  ///< what is stored is known
    std::string epoch_;
    std::uint64_t number_ = 0;  ///< of the newest news
    Devices newest_;
    std::map<std::pair<DeviceName, std::string>, Said> readings_;  ///< by device and channel
    std::map<DeviceName, Said> availability_;
};

}  // namespace sink
