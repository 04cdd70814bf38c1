// SPDX-License-Identifier: MIT
#include "writer.hpp"

#include <bridge/clock_gate.hpp>
#include <bridge/file.hpp>

#include "writable.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <fstream>
#include <iterator>
#include <utility>

namespace luxtronik {

namespace asio = boost::asio;
using bridge::Errc;
using bridge::Error;
using bridge::Outcome;
using bridge::Result;
using State = bridge::Outcome::State;
using std::chrono::milliseconds;

namespace {

constexpr auto token = asio::as_tuple(asio::use_awaitable);

/// Before each reading back. Some controllers show a new value only seconds after they acknowledged it.
/// (BenPru/luxtronik, issue 729.)
constexpr std::array<milliseconds, 6> read_back_after = {milliseconds(100),  milliseconds(200),
                                                         milliseconds(400),  milliseconds(800),
                                                         milliseconds(1000), milliseconds(1000)};

Outcome refused(std::string sentence) { return {State::refused, {}, std::move(sentence)}; }

Outcome unknown(Error const& error) {
    return {State::unknown, {}, "it was sent, and what became of it is not known: " + error.detail};
}

Outcome held(State state, Write const& write, std::int32_t raw, std::string text = {}) {
    return {state, shown_value(write.index, raw), std::move(text)};
}

}  // namespace

Writer::Writer(asio::any_io_executor loop, Controller& controller, std::string file)
    : timer_(std::move(loop)), controller_(controller), file_(std::move(file)) {}

/// Counted before it is written, so that no end of the program makes it forgotten.
Result<> Writer::spend(std::string_view name) {
    auto const now = bridge::Clocks::now().wall;
    if (!bridge::is_set(now))
        return Error{Errc::io, "the computer's clock is not set, so writes cannot be counted"};
    if (!budget_) {
        std::ifstream file(file_);
        auto read = WriteBudget::read(std::string{std::istreambuf_iterator<char>(file), {}});
        if (!read) return Error{Errc::io, fmt::format("{}: {}; remove the file", file_, read.error().detail)};
        budget_ = std::move(*read);
    }
    auto const before = *budget_;
    auto const spent = budget_->spend(name, now);
    if (!spent || file_.empty()) return spent;
    auto const kept = bridge::replace_file(file_, budget_->text());
    if (!kept) budget_ = before;
    return kept;
}

asio::awaitable<Result<Writer::Wrote>> Writer::obey(bridge::SetRequest request,
                                                    std::optional<Version> version) {
    auto const planned = plan_write(request.name(), request.value(), version);
    if (!planned) {
        request.answer(refused(planned.error().detail));
        co_return Wrote::no;
    }
    Write const write = *planned;
    auto reading = controller_.read(Block::parameters);
    Result<std::vector<std::byte>> const before = co_await std::move(reading);
    if (!before) {
        request.answer(
            refused("nothing was written, the parameters cannot be read: " + before.error().detail));
        co_return before.error();
    }
    auto const present = parameter(*before, write.index);
    if (!present) {
        request.answer(refused(fmt::format("the controller has no parameter {}", write.index)));
        co_return Wrote::no;
    }
    if (*present == write.raw) {
        request.answer(held(State::unchanged, write, *present));
        co_return Wrote::no;
    }
    if (!request.may_tell()) co_return Error{Errc::closed, "stopped"};
    if (auto const spent = spend(request.name()); !spent) {
        request.answer(held(State::refused, write, *present, spent.error().detail));
        co_return Wrote::no;
    }
    auto writing = controller_.write(write.index, write.raw);
    Result<> const written = co_await std::move(writing);
    if (!written) {
        request.answer(unknown(written.error()));
        co_return written.error();
    }
    std::int32_t now = *present;
    for (auto const wait : read_back_after) {
        timer_.expires_after(wait);
        auto [cancelled] = co_await timer_.async_wait(token);
        if (cancelled) co_return Error{Errc::closed, cancelled.message()};
        auto asking = controller_.read(Block::parameters);
        Result<std::vector<std::byte>> const after = co_await std::move(asking);
        if (!after) {
            request.answer(unknown(after.error()));
            co_return after.error();
        }
        now = parameter(*after, write.index).value_or(now);
        if (now != write.raw) continue;
        request.answer(held(State::done, write, now));
        co_return Wrote::yes;
    }
    request.answer(held(State::failed, write, now, "the controller acknowledged it and has something else"));
    co_return Wrote::yes;
}

}  // namespace luxtronik
