// SPDX-License-Identifier: MIT
#include "discover.hpp"

#include "controller_search.hpp"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <exception>
#include <optional>
#include <utility>

namespace luxtronik {

namespace {

namespace asio = boost::asio;
using bridge::Address;
using bridge::Errc;
using bridge::Error;
using bridge::Result;
using Found = Result<std::vector<Address>>;

constexpr auto* usage =
    "luxtronik2mqtt discover [ADDRESS[:PORT]]\n\n"
    "Looks for controllers by a broadcast over UDP to ports 4444 and 47808, and prints each that answers as\n"
    "host:port, as --host takes it. Exit code 0 if there is one. ADDRESS: the broadcast address of a "
    "network, as\n"
    "192.168.2.255, instead of those of all networks of this host; PORT: only this one.\n";

constexpr std::uint16_t usual_tcp_port = 8889;

Found search_now(Search search) {
    asio::io_context loop(1);
    Found found = Error{Errc::io, "the search did not end"};
    asio::co_spawn(loop, find_controllers(std::move(search), usual_tcp_port),
                   [&found](std::exception_ptr thrown, Found answer) {
                       if (!thrown) found = std::move(answer);
                   });
    loop.run();
    return found;
}

}  // namespace

int run_discover(std::vector<std::string> const& arguments) {
    bool const help = arguments.size() == 1 && (arguments[0] == "--help" || arguments[0] == "-h");
    if (help) {
        fmt::print("{}", usage);
        return 0;
    }
    auto const search = arguments.empty() ? Result<Search>(Search()) : read_search("search:" + arguments[0]);
    if (arguments.size() > 1 || !search) {
        fmt::print(stderr, "{}", usage);
        return 2;
    }
    auto const found = search_now(*search);
    if (!found || found->empty()) {
        fmt::print(stderr, "luxtronik2mqtt discover: {}\n",
                   found
                       ? "no controller answered. A search passes no router and does not leave a container's "
                         "network; some controllers do not answer at all"
                       : found.error().detail);
        return 1;
    }
    for (auto const& one : *found) fmt::print("{}:{}\n", one.host, one.port);
    return 0;
}

}  // namespace luxtronik
