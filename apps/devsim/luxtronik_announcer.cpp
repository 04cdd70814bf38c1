// SPDX-License-Identifier: MIT
#include "luxtronik_announcer.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/udp.hpp>
#include <string_view>
#include <utility>
#include <vector>

namespace devsim {

namespace asio = boost::asio;
using asio::ip::udp;
using boost::system::error_code;

namespace {

constexpr std::string_view question("2000;111;1;\0", 12);

/// The datagrams that are sent, in this order.
std::vector<std::string> answers(LuxtronikAnnouncement const& now) {
    auto const whole = fmt::format("2500;111;{};", now.tcp_port) + '\0';
    if (now.fault == "silent") return {};
    if (now.fault == "echo") return {std::string(question), whole};
    if (now.fault == "twice") return {whole, whole};
    if (now.fault == "no-port") return {"2500;111;"};
    if (now.fault == "high-port") return {"2500;111;70000;"};
    if (now.fault == "garbage")
        return {"", "2500", "2500;111", "2500;112;8889;", std::string(3000, ';'), std::string(40, '\xff')};
    return {whole};
}

}  // namespace

class LuxtronikAnnouncer::Impl : public std::enable_shared_from_this<Impl> {
  public:
    Impl(asio::any_io_executor loop, std::function<LuxtronikAnnouncement()> now)
        : socket_(std::move(loop)), now_(std::move(now)) {}

    error_code listen(std::string const& address, std::uint16_t port) {
        error_code failed;
        udp::endpoint const endpoint(asio::ip::make_address(address, failed), port);
        if (!failed) (void)socket_.open(endpoint.protocol(), failed);
        // Who searches on the same host listens at the same port.
        if (!failed) (void)socket_.set_option(udp::socket::reuse_address(true), failed);
        if (!failed) (void)socket_.bind(endpoint, failed);
        return failed;
    }

    void hear() {
        socket_.async_receive_from(asio::buffer(room_), from_,
                                   [self = shared_from_this()](error_code failed, std::size_t size) {
                                       if (failed == asio::error::operation_aborted || !self->now_) return;
                                       if (!failed) self->answer({self->room_.data(), size});
                                       self->hear();
                                   });
    }

    void close() {
        error_code ignored;
        (void)socket_.close(ignored);
        now_ = {};
    }

  private:
    void answer(std::string_view asked) {
        if (asked != question) return;
        for (auto const& text : answers(now_())) {
            error_code ignored;  // as for any datagram: it may get lost
            (void)socket_.send_to(asio::buffer(text), from_, 0, ignored);
        }
    }

    udp::socket socket_;
    std::function<LuxtronikAnnouncement()> now_;
    udp::endpoint from_;
    std::array<char, 512> room_{};
};

bridge::Result<std::unique_ptr<LuxtronikAnnouncer>> LuxtronikAnnouncer::open(
    asio::any_io_executor loop, std::string const& address, std::uint16_t port,
    std::function<LuxtronikAnnouncement()> now) {
    auto impl = std::make_shared<Impl>(std::move(loop), std::move(now));
    if (auto const failed = impl->listen(address, port)) {
        return bridge::Error{bridge::Errc::config, fmt::format("--discovery-port: cannot listen at {}:{}: {}",
                                                               address, port, failed.message())};
    }
    impl->hear();
    return std::unique_ptr<LuxtronikAnnouncer>(new LuxtronikAnnouncer(std::move(impl)));
}

LuxtronikAnnouncer::~LuxtronikAnnouncer() { impl_->close(); }

}  // namespace devsim
