// SPDX-License-Identifier: MIT
#include "controller.hpp"

#include <bridge/settings.hpp>

#include "decode.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <optional>
#include <utility>

namespace luxtronik {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using bridge::Errc;
using bridge::Error;
using bridge::Result;
using Clock = std::chrono::steady_clock;

namespace {

constexpr auto token = asio::as_tuple(asio::use_awaitable);

// The calculations first: they are what is measured, and say at once if the controller is busy.
constexpr std::array poll_order = {Block::calculations, Block::parameters, Block::visibilities};

Error to_error(boost::system::error_code failed) {
    if (failed == beast::error::timeout)
        return Error{Errc::timed_out, "the controller does not answer in time"};
    if (failed == asio::error::eof) return Error{Errc::closed, "the controller closed the connection"};
    if (failed == asio::error::connection_reset || failed == asio::error::broken_pipe) {
        return Error{Errc::closed, "the controller reset the connection"};
    }
    return Error{Errc::io, failed.message()};
}

Error to_connect_error(boost::system::error_code failed) {
    if (failed == beast::error::timeout) return Error{Errc::unreachable, "no connection in time"};
    return Error{Errc::unreachable, failed.message()};
}

bridge::Timestamp now() {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

/// Reads through a connection with both deadlines. Lives as long as one poll.
class Connection {
  public:
    Connection(asio::any_io_executor executor, Patience patience)
        : stream_(std::move(executor)), patience_(patience), end_(Clock::now() + patience.whole) {}

    asio::awaitable<Result<>> open(Address address) {
        auto resolving = resolve(address);
        Result<std::vector<tcp::endpoint>> const endpoints = co_await std::move(resolving);
        if (!endpoints) co_return endpoints.error();
        expect_soon();
        auto [failed, endpoint] = co_await stream_.async_connect(*endpoints, token);
        if (failed) co_return to_connect_error(failed);
        co_return Result<>();
    }

    /// Appends the answer to one request to `blocks`.
    asio::awaitable<Result<>> ask(Block block, std::vector<std::byte>& blocks) {
        // What lies there before the request is what the last block's length did not count.
        if (unread() > 0) co_return Error{Errc::malformed, "more came than was announced"};
        auto const question = request(block);
        expect_soon();
        auto [unsent, sent] = co_await asio::async_write(stream_, asio::buffer(question), token);
        if (unsent) co_return to_error(unsent);
        std::size_t const begin = blocks.size();
        for (;;) {
            Result<Framed> const framed = frame(block, bridge::Bytes(blocks).subspan(begin));
            if (!framed) co_return framed.error();
            if (framed->complete) co_return Result<>();
            std::size_t const have = blocks.size();
            blocks.resize(begin + framed->size);
            expect_soon();
            asio::mutable_buffer const room = asio::buffer(blocks) + have;
            auto [unread, size] = co_await stream_.async_read_some(room, token);
            blocks.resize(have + size);
            if (unread) co_return to_error(unread);
        }
    }

    [[nodiscard]] std::size_t unread() {
        boost::system::error_code ignored;
        return stream_.socket().available(ignored);
    }

  private:
    asio::awaitable<Result<std::vector<tcp::endpoint>>> resolve(Address address) {
        boost::system::error_code is_name;
        auto const numeric = asio::ip::make_address(address.host, is_name);
        // Name lookups wait for one another, so whoever gives an address is not kept waiting by a dead
        // server.
        if (!is_name) co_return std::vector{tcp::endpoint(numeric, address.port)};
        tcp::resolver resolver(stream_.get_executor());
        std::string const port = std::to_string(address.port);
        auto [failed, found] = co_await resolver.async_resolve(address.host, port, token);
        if (failed) co_return Error{Errc::unreachable, address.host + ": " + failed.message()};
        end_ = Clock::now() + patience_.whole;
        co_return std::vector<tcp::endpoint>(found.begin(), found.end());
    }

    void expect_soon() { stream_.expires_at(std::min(end_, Clock::now() + patience_.silence)); }

    beast::tcp_stream stream_;
    Patience patience_;
    Clock::time_point end_;
};

}  // namespace

Result<Address> parse_address(std::string_view text, std::uint16_t port) {
    auto const wrong = [] {
        return Error{Errc::config,
                     "must be a host name or an IP address, as heatpump.lan or 192.168.1.20:8889"};
    };
    std::optional<std::string_view> port_text;
    if (text.starts_with('[')) {
        auto const close = text.find(']');
        if (close == std::string_view::npos) return wrong();
        auto const rest = text.substr(close + 1);
        if (!rest.empty() && rest.front() != ':') return wrong();
        if (!rest.empty()) port_text = rest.substr(1);
        text = text.substr(1, close - 1);
    } else if (std::count(text.begin(), text.end(), ':') == 1) {
        port_text = text.substr(text.find(':') + 1);
        text = text.substr(0, text.find(':'));
    }
    auto const number = port_text ? bridge::to_number<std::uint16_t>(*port_text) : std::optional(port);
    bool const plain = text.find_first_of(" \t/=,@\"'") == std::string_view::npos;
    if (text.empty() || !plain || !number || *number == 0) return wrong();
    return Address{std::string(text), *number};
}

asio::awaitable<Result<Poll>> poll(Address address, Patience patience) {
    Connection connection(co_await asio::this_coro::executor, patience);
    auto opening = connection.open(std::move(address));
    Result<> const opened = co_await std::move(opening);
    if (!opened) co_return opened.error();
    Poll result;
    for (Block const block : poll_order) {
        auto asking = connection.ask(block, result.blocks);
        Result<> const answered = co_await std::move(asking);
        if (!answered) co_return answered.error();
        if (block == Block::calculations) result.measured = now();
    }
    if (connection.unread() > 0) co_return Error{Errc::malformed, "more came than was announced"};
    co_return result;
}

}  // namespace luxtronik
