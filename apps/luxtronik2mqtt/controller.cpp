// SPDX-License-Identifier: MIT
#include "controller.hpp"

#include <bridge/connect.hpp>

#include "decode.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <utility>

namespace luxtronik {

namespace asio = boost::asio;
namespace beast = boost::beast;
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

bridge::Timestamp now() {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

/// Reads through a connection with both deadlines. Lives as long as one poll.
class Connection {
  public:
    Connection(asio::any_io_executor executor, Patience patience)
        : stream_(std::move(executor)), patience_(patience), end_(Clock::now() + patience.whole) {}

    asio::awaitable<Result<>> open(bridge::Address address) {
        auto const until = std::min(end_, Clock::now() + 2 * patience_.silence);
        auto connecting = bridge::connect(stream_, std::move(address), until);
        Result<> const connected = co_await std::move(connecting);
        co_return connected;
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
    void expect_soon() { stream_.expires_at(std::min(end_, Clock::now() + patience_.silence)); }

    beast::tcp_stream stream_;
    Patience patience_;
    Clock::time_point end_;
};

}  // namespace

asio::awaitable<Result<Poll>> poll(bridge::Address address, Patience patience) {
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
