// SPDX-License-Identifier: MIT
#include "modbus.hpp"

#include <bridge/connect.hpp>
#include <bridge/other_thread.hpp>

#include <fmt/format.h>
#include <modbus/modbus.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <cerrno>
#include <utility>

namespace luxtronik {

namespace asio = boost::asio;
namespace beast = boost::beast;
using bridge::Errc;
using bridge::Error;
using bridge::Result;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int unit = 1;

Error stopped() { return {Errc::closed, "stopped"}; }

Error error_of(int number) {
    switch (number) {
        case EMBXILADD:
        case EMBXILVAL:
            return {Errc::out_of_range, "the controller has no such register, or not with this value"};
        case EMBXSBUSY:
        case EMBXACK:
            return {Errc::unsupported, "the controller is busy"};
        case ETIMEDOUT:
            return {Errc::timed_out, "the Smart Home Interface does not answer in time"};
        case ECONNRESET:
        case EPIPE:
            return {Errc::closed, "the Smart Home Interface closed the connection"};
        case EMBBADCRC:
        case EMBBADDATA:
        case EMBBADEXC:
        case EMBMDATA:
        case EMBBADSLAVE:
            return {Errc::malformed, "the Smart Home Interface gave an answer to something else"};
        default:
            break;
    }
    bool const refused = number >= EMBXILFUN && number <= EMBXGTAR;
    return {refused ? Errc::unsupported : Errc::io, modbus_strerror(number)};
}

/// After any other error nobody knows what comes next on the connection.
bool goes_on(Error const& error) {
    return error.code == Errc::out_of_range || error.code == Errc::unsupported;
}

asio::awaitable<Result<Words>> reading(modbus_t* context, RegisterPlace first, std::uint16_t count) {
    Words words(count);
    auto const call =
        first.list == RegisterList::inputs ? modbus_read_input_registers : modbus_read_registers;
    int const got = call(context, Modbus::first_address + first.index, count, words.data());
    if (got != count) co_return error_of(errno);
    co_return words;
}

Result<> write_now(modbus_t* context, std::uint16_t index, std::uint16_t value) {
    if (modbus_write_register(context, Modbus::first_address + index, value) != 1) return error_of(errno);
    return {};
}

asio::awaitable<Result<>> writing(modbus_t* context, std::uint16_t index, std::uint16_t value) {
    co_return write_now(context, index, value);
}

Result<> write_at_end(modbus_t* context, std::vector<RegisterWrite> const& writes) {
    auto const end = Clock::now() + Modbus::patience_at_end;
    // What came too late for the call before is no answer to these.
    (void)modbus_flush(context);
    for (auto const& write : writes) {
        auto const left = std::chrono::duration_cast<std::chrono::microseconds>(end - Clock::now()).count();
        if (left <= 0) return error_of(ETIMEDOUT);
        (void)modbus_set_response_timeout(context, static_cast<std::uint32_t>(left / 1'000'000),
                                          static_cast<std::uint32_t>(left % 1'000'000));
        auto const written = write_now(context, write.index, write.value);
        if (!written) return written;
    }
    return {};
}

}  // namespace

void Modbus::Close::operator()(modbus_t* context) const {
    modbus_close(context);
    modbus_free(context);
}

void Modbus::close() {
    // At the end it is the thread's.
    if (!ending_) context_.reset();
}

asio::awaitable<Result<>> Modbus::open(bridge::Address address) {
    if (ending_) co_return stopped();
    close();
    // The name is looked up and the connection made on the loop, with one deadline for both.
    beast::tcp_stream stream(co_await asio::this_coro::executor);
    auto connecting = bridge::connect(stream, address, Clock::now() + 2 * patience);
    Result<> const connected = co_await std::move(connecting);
    if (!connected) co_return connected.error();
    if (ending_) co_return stopped();
    boost::system::error_code failed;
    (void)stream.socket().set_option(asio::ip::tcp::no_delay(true), failed);
    int const socket = stream.socket().release(failed);
    if (failed) co_return Error{Errc::io, failed.message()};
    // The address is not used: the connection is there already.
    context_.reset(modbus_new_tcp("127.0.0.1", address.port));
    if (!context_) co_return Error{Errc::io, "no memory for a Modbus connection"};
    (void)modbus_set_socket(context_.get(), socket);
    (void)modbus_set_slave(context_.get(), unit);
    // Without a time for each byte the one for the answer is for all of it.
    (void)modbus_set_response_timeout(context_.get(), patience.count() / 1000, 0);
    (void)modbus_set_byte_timeout(context_.get(), 0, 0);
    co_return Result<>();
}

asio::awaitable<Result<Words>> Modbus::read(RegisterPlace first, std::uint16_t count) {
    if (ending_) co_return stopped();
    auto calling = reading(context_.get(), first, count);
    auto [thrown, words] = co_await asio::co_spawn(thread_, std::move(calling), bridge::waiting_here());
    if (thrown) words = stopped();
    if (!words && !goes_on(words.error())) close();
    co_return std::move(words);
}

asio::awaitable<Result<>> Modbus::write(std::uint16_t index, std::uint16_t value) {
    if (ending_) co_return stopped();
    auto calling = writing(context_.get(), index, value);
    auto [thrown, written] = co_await asio::co_spawn(thread_, std::move(calling), bridge::waiting_here());
    if (thrown) written = stopped();
    if (!written && !goes_on(written.error())) close();
    co_return written;
}

void Modbus::finish(std::vector<RegisterWrite> writes) {
    if (std::exchange(ending_, true) || writes.empty()) return;
    if (!is_open()) {
        ended_ = Error{Errc::closed, "the Smart Home Interface is not connected"};
        return;
    }
    asio::post(thread_,
               [this, writes = std::move(writes)] { ended_ = write_at_end(context_.get(), writes); });
}

Result<> Modbus::finished() {
    finish({});
    thread_.join();
    return ended_;
}

}  // namespace luxtronik
