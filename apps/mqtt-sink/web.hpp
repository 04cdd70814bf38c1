// SPDX-License-Identifier: MIT
#pragma once

#include "drain.hpp"

#include <bridge/http_server.hpp>
#include <bridge/log.hpp>
#include <bridge/program.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>

namespace sink {

/// All that the sink answers over HTTP. Made, used and destroyed on the loop, which runs no more when this
/// dies.
class Web {
  public:
    struct Settings {
        bridge::ListenAddress address;
        std::string api_token;      ///< empty: none is asked for
        bool insecure_api = false;  ///< other machines need no token
    };
    /// What tells how the program is; asked on the loop.
    struct Health {
        std::function<bridge::Metrics const&()> metrics;
        std::function<bridge::Readiness()> readiness;
    };

    /// Begins to listen.
    Web(boost::asio::any_io_executor loop, bridge::Log log, Settings settings, Health health);
    Web(Web const&) = delete;
    Web& operator=(Web const&) = delete;

    /// From now on there is a store to ask.
    void open(std::shared_ptr<Drain> drain) { drain_ = std::move(drain); }
    void stop() { server_.stop(); }

  private:
    [[nodiscard]] bool allowed(bridge::HttpRequest const& request) const;
    boost::asio::awaitable<bridge::HttpResponse> answer_api(bridge::HttpRequest request);
    boost::asio::awaitable<bridge::HttpResponse> ask(ApiRequest request);

    Settings settings_;
    bool open_to_all_;
    bridge::HttpServer server_;
    std::shared_ptr<Drain> drain_;
};

}  // namespace sink
