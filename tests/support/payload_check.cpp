// SPDX-License-Identifier: MIT
#include "payload_check.hpp"

#include "payload_schemas.hpp"

#include <map>
#include <stdexcept>

namespace test {

namespace {

constexpr std::size_t each_of_the_first = 50;
constexpr std::size_t then_every = 10;
constexpr std::size_t most_told = 10;

std::vector<std::string> everything_of_bridges() {
    std::vector<std::string> filters;
    for (auto const& base : PayloadSchemas().bases()) filters.push_back(base + "/#");
    return filters;
}

}  // namespace

PayloadCheck::PayloadCheck(std::uint16_t port) : probe_(port, everything_of_bridges(), "payload-check") {}

PayloadCheck::~PayloadCheck() {
    try {
        probe_.catch_up();
    } catch (std::exception const&) {
        // The broker is away: what came until then is checked.
    }
    PayloadSchemas schemas;
    std::map<std::string, std::size_t> seen;
    std::size_t told = 0;
    for (auto const& message : probe_.messages()) {
        auto const number = seen[message.topic]++;
        if (number >= each_of_the_first && number % then_every != 0) continue;
        auto const wrong = schemas.violation(message.topic, message.payload);
        if (wrong.empty()) continue;
        on_violation(wrong);
        if (++told == most_told) return;
    }
}

}  // namespace test
