// SPDX-License-Identifier: MIT
#include "register_reader.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace luxtronik {

namespace asio = boost::asio;
using bridge::Errc;
using bridge::Result;

namespace {

constexpr RegisterSpan version_span{{RegisterList::inputs, 400}, 3};

void put(Registers& registers, RegisterSpan const& span, Words const& words) {
    RegisterPlace place = span.first;
    for (auto const word : words) {
        registers[place] = word;
        ++place.index;
    }
}

}  // namespace

asio::awaitable<Result<Release>> RegisterReader::begin() {
    missing_.clear();
    auto reading = modbus_.read(version_span.first, version_span.count);
    Result<Words> const words = co_await std::move(reading);
    Registers registers;
    if (words) {
        put(registers, version_span, *words);
    } else if (words.error().code != Errc::out_of_range) {
        co_return words.error();
    }
    auto const release = smart_home_release(registers);
    if (release) release_ = *release;
    co_return release;
}

asio::awaitable<Result<Registers>> RegisterReader::read_all() {
    Registers registers;
    for (auto const& span : register_plan(release_, missing_, selection_)) {
        auto reading = read_span(span, registers);
        Result<> const read = co_await std::move(reading);
        if (!read) co_return read.error();
    }
    co_return registers;
}

asio::awaitable<Result<>> RegisterReader::read_span(RegisterSpan span, Registers& registers) {
    std::vector<RegisterSpan> waiting = {span};
    while (!waiting.empty()) {
        RegisterSpan const next = waiting.back();
        waiting.pop_back();
        auto reading = modbus_.read(next.first, next.count);
        Result<Words> const words = co_await std::move(reading);
        if (words) {
            put(registers, next, *words);
            continue;
        }
        if (words.error().code != Errc::out_of_range) co_return words.error();
        if (auto const two = halves(next)) {
            waiting.push_back(two->second);
            waiting.push_back(two->first);
        } else {
            missing_.insert(next.first);
        }
    }
    co_return Result<>();
}

std::string places_text(std::set<RegisterPlace> const& places) {
    std::string text;
    std::optional<RegisterList> list;
    for (auto const& place : places) {
        if (std::exchange(list, place.list) != place.list) {
            text += text.empty() ? "" : ", ";
            text += place.list == RegisterList::inputs ? "inputs" : "holdings";
        }
        text += fmt::format(" {}", place.index);
    }
    return text;
}

}  // namespace luxtronik
