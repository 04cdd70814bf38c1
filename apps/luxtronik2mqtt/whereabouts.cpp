// SPDX-License-Identifier: MIT
#include "whereabouts.hpp"

#include "controller_search.hpp"

#include <utility>

namespace luxtronik {

namespace asio = boost::asio;
using bridge::Address;
using bridge::Result;

Result<Whereabouts> Whereabouts::read(std::string_view target, std::uint16_t port) {
    Whereabouts place;
    place.port_ = port;
    if (is_search(target)) {
        auto search = read_search(target);
        if (!search) return search.error();
        place.search_ = std::move(*search);
        return place;
    }
    auto address = bridge::parse_address(target, port);
    if (!address) return address.error();
    place.address_ = std::move(*address);
    return place;
}

asio::awaitable<Result<Address>> Whereabouts::find() {
    if (address_) co_return *address_;
    auto searching = find_controller(*search_, port_);
    auto found = co_await std::move(searching);
    if (found) address_ = *found;
    co_return found;
}

void Whereabouts::not_there() {
    if (search_) address_.reset();
}

}  // namespace luxtronik
