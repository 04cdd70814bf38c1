// SPDX-License-Identifier: MIT
#include <bridge/connect.hpp>

#include <bridge/mailbox.hpp>

#include <algorithm>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

namespace bridge {

namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;

namespace {

constexpr auto token = asio::as_tuple(asio::use_awaitable);
/// Threads of lookups that hang are left alone until the system ends them: there must not be ever more.
constexpr int most_lookups = 64;
constexpr auto until_one_ends = std::chrono::milliseconds(20);

using Endpoints = std::vector<tcp::endpoint>;

Result<Endpoints> ask_system(Address const& address) {
    asio::io_context loop(1);
    tcp::resolver resolver(loop);
    boost::system::error_code failed;
    auto const found = resolver.resolve(address.host, std::to_string(address.port), failed);
    if (failed) return Error{Errc::unreachable, "the name is not known: " + failed.message()};
    return Endpoints(found.begin(), found.end());
}

/// One question to the system in a thread of its own. Asio's resolver has one thread for all, whose end the
/// program would wait for.
class Lookup {
  public:
    Lookup(asio::any_io_executor loop, Clock::time_point until) : answered_(loop, until) {
        mailbox_ = Answers::open(loop, 1, [this](std::vector<Result<Endpoints>> answers) {
            answer_ = std::move(answers.front());
            answered_.cancel();
        });
    }
    ~Lookup() { mailbox_->close(); }
    Lookup(Lookup const&) = delete;
    Lookup& operator=(Lookup const&) = delete;

    /// False: too many of them hang.
    [[nodiscard]] static bool has_room() { return running().load() < most_lookups; }

    [[nodiscard]] asio::awaitable<Result<Endpoints>> ask(Address address) {
        ++running();
        try {
            std::thread([mailbox = mailbox_, address = std::move(address)] {
                (void)mailbox->push(ask_system(address));  // too late, if it is closed
                --running();
            }).detach();
        } catch (std::system_error const& refused) {
            --running();
            co_return Error{Errc::unreachable,
                            std::string("no thread to look the name up: ") + refused.what()};
        }
        auto [ended] = co_await answered_.async_wait(token);
        if (answer_) co_return std::move(*answer_);
        if (ended) co_return Error{Errc::unreachable, "stopped"};
        co_return Error{Errc::unreachable, "no name server answers in time"};
    }

  private:
    using Answers = Mailbox<Result<Endpoints>>;

    static std::atomic<int>& running() {
        static std::atomic<int> count{0};
        return count;
    }

    asio::steady_timer answered_;
    std::optional<Result<Endpoints>> answer_;
    std::shared_ptr<Answers> mailbox_;
};

asio::awaitable<Result<Endpoints>> look_up(Address address, Clock::time_point until) {
    boost::system::error_code is_name;
    auto const numeric = asio::ip::make_address(address.host, is_name);
    if (!is_name) co_return Endpoints{tcp::endpoint(numeric, address.port)};
    auto const loop = co_await asio::this_coro::executor;
    asio::steady_timer room(loop);
    while (!Lookup::has_room()) {
        room.expires_at(std::min(until, Clock::now() + until_one_ends));
        auto [cancelled] = co_await room.async_wait(token);
        if (cancelled) co_return Error{Errc::unreachable, "stopped"};
        if (Clock::now() >= until)
            co_return Error{Errc::unreachable, "no name server answers: too many lookups hang"};
    }
    Lookup lookup(loop, until);
    auto asking = lookup.ask(std::move(address));
    auto found = co_await std::move(asking);
    co_return found;
}

}  // namespace

asio::awaitable<Result<>> connect(boost::beast::tcp_stream& stream, Address address,
                                  Clock::time_point until) {
    auto looking = look_up(std::move(address), until);
    auto const endpoints = co_await std::move(looking);
    if (!endpoints) co_return endpoints.error();
    stream.expires_at(until);
    auto [failed, endpoint] = co_await stream.async_connect(*endpoints, token);
    if (failed == boost::beast::error::timeout) co_return Error{Errc::unreachable, "no connection in time"};
    if (failed) co_return Error{Errc::unreachable, failed.message()};
    co_return Result<>();
}

}  // namespace bridge
