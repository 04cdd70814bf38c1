// SPDX-License-Identifier: MIT
#include "controller_search.hpp"

#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <tuple>
#include <utility>

namespace luxtronik {

namespace asio = boost::asio;
using asio::ip::udp;
using boost::system::error_code;
using bridge::Address;
using bridge::Errc;
using bridge::Error;
using bridge::Result;

namespace {

constexpr auto token = asio::as_tuple(asio::use_awaitable);
constexpr auto patience = std::chrono::seconds(2);
/// Who answers without end is not listened to for ever.
constexpr int most_answers = 1000;

using Addresses = std::vector<asio::ip::address_v4>;

/// The broadcast address of each network that this host is in: 255.255.255.255 would go to one of them.
Addresses broadcast_addresses() {
    Addresses found;
    ifaddrs* all = nullptr;
    if (::getifaddrs(&all) != 0) return found;
    constexpr unsigned wanted = IFF_UP | IFF_BROADCAST;
    for (auto const* one = all; one; one = one->ifa_next) {
        bool const usable = (one->ifa_flags & wanted) == wanted && (one->ifa_flags & IFF_LOOPBACK) == 0;
        if (!usable || !one->ifa_broadaddr || one->ifa_broadaddr->sa_family != AF_INET) continue;
        // sockets(7) has addresses of all families as one type.
        auto const* const address = reinterpret_cast<sockaddr_in const*>(one->ifa_broadaddr);
        found.emplace_back(ntohl(address->sin_addr.s_addr));
    }
    ::freeifaddrs(all);
    return found;
}

Addresses addresses_of(Search const& search) {
    error_code ignored;  // checked when the search was read
    if (!search.address.empty()) return {asio::ip::make_address_v4(search.address, ignored)};
    auto found = broadcast_addresses();
    return found.empty() ? Addresses{asio::ip::address_v4::broadcast()} : found;
}

/// Bound to the port that is asked, as other programs do, since some firmware may answer to that one; if
/// another program has it, to any.
std::shared_ptr<udp::socket> open_socket(asio::any_io_executor loop, std::uint16_t port) {
    auto socket = std::make_shared<udp::socket>(std::move(loop));
    error_code failed, ignored;
    (void)socket->open(udp::v4(), failed);
    if (failed) return nullptr;
    (void)socket->set_option(udp::socket::reuse_address(true), ignored);
    (void)socket->set_option(asio::socket_base::broadcast(true), failed);
    (void)socket->bind({asio::ip::address_v4::any(), port}, failed);
    if (failed) (void)socket->bind({asio::ip::address_v4::any(), 0}, failed);
    return failed ? nullptr : socket;
}

/// False: it could be sent nowhere.
bool ask(udp::socket& socket, Addresses const& addresses, std::uint16_t port) {
    bool sent = false;
    for (auto const& address : addresses) {
        error_code failed;
        (void)socket.send_to(asio::buffer(search_question), {address, port}, 0, failed);
        sent = sent || !failed;
    }
    return sent;
}

void add(std::vector<Address>& found, Address address) {
    if (std::find(found.begin(), found.end(), address) == found.end()) found.push_back(std::move(address));
}

/// Takes answers until the time is over.
asio::awaitable<void> listen(std::shared_ptr<udp::socket> socket, std::uint16_t tcp_port,
                             std::vector<Address>& found) {
    asio::steady_timer timer(socket->get_executor(), patience);
    timer.async_wait([socket](error_code cancelled) {
        if (!cancelled) socket->cancel();
    });
    std::array<char, 512> room{};
    for (int answers = 0; answers < most_answers; ++answers) {
        udp::endpoint from;
        auto [failed, size] = co_await socket->async_receive_from(asio::buffer(room), from, token);
        // What one address has refused says nothing of the others.
        if (failed == asio::error::connection_refused) continue;
        if (failed) co_return;
        auto const port = read_search_answer({room.data(), size});
        if (!port) continue;
        add(found, {from.address().to_string(), *port != 0 ? *port : tcp_port});
    }
}

std::string listed(std::vector<Address> const& all) {
    std::string text;
    for (auto const& one : all) text += fmt::format("{}{}:{}", text.empty() ? "" : ", ", one.host, one.port);
    return text;
}

}  // namespace

asio::awaitable<Result<std::vector<Address>>> find_controllers(Search search, std::uint16_t tcp_port) {
    auto const loop = co_await asio::this_coro::executor;
    auto const addresses = addresses_of(search);
    std::vector<Address> found;
    bool asked = false;
    for (auto const port : search.ports) {
        auto const socket = open_socket(loop, port);
        if (!socket || !ask(*socket, addresses, port)) continue;
        asked = true;
        auto listening = listen(socket, tcp_port, found);
        co_await std::move(listening);
        auto const state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) co_return Error{Errc::closed, "stopped"};
    }
    if (!asked) co_return Error{Errc::unreachable, "no controller can be looked for: there is no network"};
    std::sort(found.begin(), found.end(), [](Address const& one, Address const& other) {
        return std::tie(one.host, one.port) < std::tie(other.host, other.port);
    });
    co_return found;
}

asio::awaitable<Result<Address>> find_controller(Search search, std::uint16_t tcp_port) {
    auto searching = find_controllers(std::move(search), tcp_port);
    auto const found = co_await std::move(searching);
    if (!found) co_return found.error();
    if (found->empty()) {
        co_return Error{Errc::unreachable,
                        "no controller answers the search; name it with --host (a search passes no router "
                        "and does not leave a container's network)"};
    }
    if (found->size() > 1) {
        co_return Error{Errc::config,
                        fmt::format("{} controllers answer the search: {}; say with --host which is "
                                    "meant, or give each a name, as --host one={}:{},other=...",
                                    found->size(), listed(*found), found->front().host, found->front().port)};
    }
    co_return found->front();
}

}  // namespace luxtronik
