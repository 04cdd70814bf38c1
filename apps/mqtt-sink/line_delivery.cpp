// SPDX-License-Identifier: MIT
#include "line_delivery.hpp"

#include <fmt/format.h>

#include <utility>

namespace sink {

using Meaning = WriteAnswer::Meaning;

LineDelivery::Awaited<LineDelivery::Outcome> LineDelivery::greet() {
    if (greeting_) co_return std::nullopt;
    auto const unheard = co_await hear();
    co_return unheard;
}

LineDelivery::Awaited<LineDelivery::Outcome> LineDelivery::hear() {
    bool const was_open = server_.is_open();
    auto greeting = co_await server_.greet();
    if (!greeting) co_return connection_trouble(greeting.error(), was_open);
    answered_ = Clock::now();
    greeting_ = std::move(*greeting);
    co_return std::nullopt;
}

LineDelivery::Awaited<LineDelivery::Given> LineDelivery::give(LineBatch& batch, LineServer::Lines packed) {
    Given given;
    Halving halving(batch.lines());
    auto writing = write(batch, std::move(packed), halving, given.too_old);
    given.trouble = co_await std::move(writing);
    if (given.trouble) co_return given;
    if (auto const sentence = halving.everything_refused()) {
        given.trouble = Trouble{"refused", "everything is refused: " + *sentence};
        co_return given;
    }
    for (auto const& refused : halving.lines_refused()) batch.refuse(refused);
    co_return given;
}

LineDelivery::Awaited<LineDelivery::Outcome> LineDelivery::write(LineBatch const& batch,
                                                                 LineServer::Lines packed, Halving& halving,
                                                                 std::size_t& too_old) {
    while (auto const range = halving.next()) {
        bool const was_open = server_.is_open();
        bool const everything = range->begin == 0 && range->end == batch.lines();
        auto lines = everything ? std::move(packed) : server_.pack(std::string(batch.text(*range)));
        auto writing = server_.write(std::move(lines));
        auto const answer = co_await std::move(writing);
        if (!answer) co_return connection_trouble(answer.error(), was_open);
        answered_ = Clock::now();
        switch (answer->meaning) {
            case Meaning::taken:
                halving.taken();
                too_old += answer->too_old;
                break;
            case Meaning::lines_refused:
                if (answer->lines.empty())
                    halving.refused(answer->sentence, answer->about_lines);
                else
                    halving.refused(answer->lines);
                break;
            case Meaning::too_large:
                halving.too_large(answer->sentence);
                break;
            case Meaning::not_now:
                co_return status_trouble(*answer);
        }
    }
    co_return std::nullopt;
}

LineDelivery::Trouble LineDelivery::connection_trouble(bridge::Error const& error, bool was_open) {
    constexpr auto idle = std::chrono::seconds(1);
    Trouble trouble{std::string(bridge::to_string(error.code)), error.detail};
    trouble.server_gone = true;
    trouble.at_once = was_open && error.code == bridge::Errc::closed && Clock::now() - answered_ > idle;
    greeting_.reset();
    return trouble;
}

LineDelivery::Trouble LineDelivery::status_trouble(WriteAnswer const& answer) {
    Trouble trouble{fmt::format("status_{}", answer.status), answer.sentence};
    trouble.server_gone = answer.server_gone;
    if (trouble.server_gone) greeting_.reset();
    return trouble;
}

}  // namespace sink
