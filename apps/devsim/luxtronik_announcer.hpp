// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/result.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace devsim {

/// What a controller answers to a search by UDP, or something that is no answer.
struct LuxtronikAnnouncement {
    std::uint16_t tcp_port = 0;
    std::string fault;  ///< of the cue `discovery`; empty: none
};

/// Answers searches by broadcast. Made, used and destroyed on the loop.
class LuxtronikAnnouncer {
  public:
    /// `address`: where broadcasts are heard, as 127.255.255.255 or 0.0.0.0.
    [[nodiscard]] static bridge::Result<std::unique_ptr<LuxtronikAnnouncer>> open(
        boost::asio::any_io_executor loop, std::string const& address, std::uint16_t port,
        std::function<LuxtronikAnnouncement()> now);
    ~LuxtronikAnnouncer();
    LuxtronikAnnouncer(LuxtronikAnnouncer const&) = delete;
    LuxtronikAnnouncer& operator=(LuxtronikAnnouncer const&) = delete;

  private:
    class Impl;
    explicit LuxtronikAnnouncer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
    std::shared_ptr<Impl> impl_;
};

}  // namespace devsim
