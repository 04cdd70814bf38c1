// SPDX-License-Identifier: MIT
#pragma once

#include "access.hpp"
#include "api.hpp"
#include "drain.hpp"
#include "event_stream.hpp"

#include <bridge/http_server.hpp>
#include <bridge/log.hpp>
#include <bridge/program.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace sink {

/// All that the sink answers over HTTP. Made, used and destroyed on the loop, which runs no more when this
/// dies.
class Web {
  public:
    struct Settings {
        bridge::ListenAddress address;
        std::string api_token;                        ///< empty: none is asked for
        bool insecure_api = false;                    ///< other machines need no token
        std::chrono::days hide_after{};               ///< of `/measurements/latest`
        std::chrono::milliseconds metrics_max_age{};  ///< of readings in `/metrics`; 0: there are none
    };
    /// What tells how the program is; asked on the loop.
    struct Health {
        std::function<std::string()> metrics;  ///< the program's own, as Prometheus reads them
        std::function<bridge::Readiness()> readiness;
    };

    /// Begins to listen.
    Web(boost::asio::any_io_executor loop, bridge::Log log, Settings const& settings, Health const& health);
    Web(Web const&) = delete;
    Web& operator=(Web const&) = delete;

    /// From now on there is a store to ask.
    void open(std::shared_ptr<Drain> drain);
    void stop();

  private:
    using Awaited = boost::asio::awaitable<bridge::HttpResponse>;

    bridge::HttpResponse answer_page(bridge::HttpRequest const& request);
    bridge::HttpResponse answer_login(bridge::HttpRequest const& request);
    Awaited answer_api(ApiPath path, bridge::HttpRequest request);
    Awaited answer_stream(bridge::HttpRequest request);
    Awaited answer_measurements(bridge::HttpRequest request);
    /// What keeps a request from the API; nothing if nothing does.
    std::optional<bridge::HttpResponse> obstacle(bridge::HttpRequest const& request);
    Awaited answer_from_store(Drain::Question question);
    [[nodiscard]] std::string metrics() const;

    Access access_;
    std::chrono::days hide_after_;
    std::chrono::milliseconds metrics_max_age_;
    std::function<std::string()> own_metrics_;
    bridge::HttpServer server_;
    std::shared_ptr<Drain> drain_;
    std::shared_ptr<EventStream> stream_;
};

}  // namespace sink
