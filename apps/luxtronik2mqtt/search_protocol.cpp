// SPDX-License-Identifier: MIT
#include "search_protocol.hpp"

#include <bridge/address.hpp>
#include <bridge/text.hpp>

#include <boost/asio/ip/address_v4.hpp>

namespace luxtronik {

using bridge::Errc;
using bridge::Error;
using bridge::Result;

namespace {

constexpr std::string_view answer_begin = "2500;111;";
constexpr std::string_view word = "search";

}  // namespace

Result<std::uint16_t> read_search_answer(std::string_view answer) {
    if (!answer.starts_with(answer_begin)) return Error{Errc::malformed, "no controller answers so"};
    answer.remove_prefix(answer_begin.size());
    auto const field = answer.substr(0, answer.find_first_of(std::string_view(";\0", 2)));
    return bridge::to_number<std::uint16_t>(bridge::trimmed(field)).value_or(0);
}

bool is_search(std::string_view target) {
    return target.starts_with(word) && (target.size() == word.size() || target[word.size()] == ':');
}

Result<Search> read_search(std::string_view target) {
    Search search;
    if (target == word) return search;
    auto const place = target.substr(word.size() + 1);
    auto const address = bridge::parse_address(place, search.ports.front());
    boost::system::error_code wrong;
    if (address) (void)boost::asio::ip::make_address_v4(address->host, wrong);
    if (!address || wrong)
        return Error{Errc::config,
                     "must be search, or search:ADDRESS with the broadcast address of a network"};
    search.address = address->host;
    if (place.find(':') != std::string_view::npos) search.ports = {address->port};
    return search;
}

}  // namespace luxtronik
