// SPDX-License-Identifier: MIT
#include "controller.hpp"

#include <bridge/connect.hpp>

#include "decode.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
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

bridge::Timestamp wall_clock() {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace

/// Speaks with both deadlines.
class Controller::Connection {
  public:
    Connection(asio::any_io_executor loop, Patience patience)
        : stream_(std::move(loop)), patience_(patience), end_(Clock::now() + patience.whole) {}

    /// A call begins, with the whole of its time.
    void begin() { end_ = Clock::now() + patience_.whole; }

    /// False if the other side ended the connection while nothing was asked of it.
    [[nodiscard]] bool is_alive() {
        std::array<char, 1> byte{};
        boost::system::error_code failed;
        stream_.socket().non_blocking(true, failed);
        (void)stream_.socket().receive(asio::buffer(byte), asio::socket_base::message_peek, failed);
        return !failed || failed == asio::error::would_block;
    }

    asio::awaitable<Result<>> open(bridge::Address address) {
        auto const until = std::min(end_, Clock::now() + 2 * patience_.silence);
        auto connecting = bridge::connect(stream_, std::move(address), until);
        Result<> const connected = co_await std::move(connecting);
        co_return connected;
    }

    /// Appends the answer to one request to `blocks`.
    asio::awaitable<Result<>> ask(Block block, std::vector<std::byte>& blocks) {
        auto const question = request(block);
        auto sending = send(asio::buffer(question));
        Result<> const sent = co_await std::move(sending);
        if (!sent) co_return sent.error();
        std::size_t const begin = blocks.size();
        for (;;) {
            Result<Framed> const framed = frame(block, bridge::Bytes(blocks).subspan(begin));
            if (!framed) co_return framed.error();
            if (framed->complete) co_return Result<>();
            std::size_t const have = blocks.size();
            blocks.resize(begin + framed->size);
            auto receiving = receive_some(asio::buffer(blocks) + have);
            Result<std::size_t> const size = co_await std::move(receiving);
            blocks.resize(have + (size ? *size : 0));
            if (!size) co_return size.error();
        }
    }

    /// Sends a request to write and awaits its acknowledgement.
    asio::awaitable<Result<>> tell(std::uint32_t index, std::int32_t value) {
        auto const question = write_request(index, value);
        auto sending = send(asio::buffer(question));
        Result<> const sent = co_await std::move(sending);
        if (!sent) co_return sent.error();
        Acknowledgement answer{};
        for (std::size_t have = 0; have < answer.size();) {
            auto receiving = receive_some(asio::buffer(answer) + have);
            Result<std::size_t> const size = co_await std::move(receiving);
            if (!size) co_return size.error();
            have += *size;
        }
        co_return acknowledged(answer, index);
    }

    [[nodiscard]] std::size_t unread() {
        boost::system::error_code ignored;
        return stream_.socket().available(ignored);
    }

  private:
    asio::awaitable<Result<>> send(asio::const_buffer question) {
        // What lies there before the request is what the last block's length did not count.
        if (unread() > 0) co_return Error{Errc::malformed, "more came than was announced"};
        expect_soon();
        auto [unsent, size] = co_await asio::async_write(stream_, question, token);
        if (unsent) co_return to_error(unsent);
        co_return Result<>();
    }

    asio::awaitable<Result<std::size_t>> receive_some(asio::mutable_buffer room) {
        expect_soon();
        auto [failed, size] = co_await stream_.async_read_some(room, token);
        if (failed) co_return to_error(failed);
        co_return size;
    }

    void expect_soon() { stream_.expires_at(std::min(end_, Clock::now() + patience_.silence)); }

    beast::tcp_stream stream_;
    Patience patience_;
    Clock::time_point end_;
};

Controller::Controller(asio::any_io_executor loop, bridge::Address address, Patience patience)
    : loop_(std::move(loop)), address_(std::move(address)), patience_(patience) {}

Controller::~Controller() = default;

void Controller::hang_up() { connection_.reset(); }

asio::awaitable<Result<>> Controller::open() {
    if (connection_ && connection_->is_alive()) {
        connection_->begin();
        co_return Result<>();
    }
    connection_ = std::make_unique<Connection>(loop_, patience_);
    auto opening = connection_->open(address_);
    Result<> const opened = co_await std::move(opening);
    if (!opened) hang_up();
    co_return opened;
}

asio::awaitable<Result<Poll>> Controller::poll() {
    auto opening = open();
    Result<> const opened = co_await std::move(opening);
    if (!opened) co_return opened.error();
    Poll result;
    for (Block const block : poll_order) {
        auto asking = connection_->ask(block, result.blocks);
        Result<> const answered = co_await std::move(asking);
        if (!answered) hang_up();
        if (!answered) co_return answered.error();
        if (block == Block::calculations) result.measured = wall_clock();
    }
    if (connection_->unread() == 0) co_return result;
    hang_up();
    co_return Error{Errc::malformed, "more came than was announced"};
}

asio::awaitable<Result<std::vector<std::byte>>> Controller::read(Block block) {
    auto opening = open();
    Result<> const opened = co_await std::move(opening);
    if (!opened) co_return opened.error();
    std::vector<std::byte> bytes;
    auto asking = connection_->ask(block, bytes);
    Result<> const answered = co_await std::move(asking);
    if (answered) co_return bytes;
    hang_up();
    co_return answered.error();
}

asio::awaitable<Result<>> Controller::write(std::uint32_t index, std::int32_t value) {
    auto opening = open();
    Result<> const opened = co_await std::move(opening);
    if (!opened) co_return opened.error();
    auto telling = connection_->tell(index, value);
    Result<> const told = co_await std::move(telling);
    if (!told) hang_up();
    co_return told;
}

}  // namespace luxtronik
