// SPDX-License-Identifier: MIT
#include "line_delivery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace sink {

using Meaning = WriteAnswer::Meaning;

LineDelivery::Awaited<LineDelivery::Outcome> LineDelivery::greet() {
    if (greeting_) co_return std::nullopt;
    // Of the server that is gone.
    close();
    auto const unheard = co_await hear();
    co_return unheard;
}

LineDelivery::Awaited<LineDelivery::Outcome> LineDelivery::hear() {
    auto& lane = lanes_.front();
    bool const was_open = lane.server.is_open();
    auto greeting = co_await lane.server.greet();
    if (!greeting) co_return connection_trouble(greeting.error(), lane, was_open);
    lane.answered = Clock::now();
    greeting_ = std::move(*greeting);
    co_return std::nullopt;
}

LineDelivery::Awaited<LineDelivery::Given> LineDelivery::give(LineBatch& batch, LineServer::Lines packed,
                                                              std::size_t lane) {
    Given given;
    Halving halving(batch.lines());
    auto writing = write(batch, std::move(packed), lanes_[lane], halving, given.too_old);
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
                                                                 LineServer::Lines packed, Lane& lane,
                                                                 Halving& halving, std::size_t& too_old) {
    while (auto const range = halving.next()) {
        bool const was_open = lane.server.is_open();
        bool const everything = range->begin == 0 && range->end == batch.lines();
        auto lines = everything ? std::move(packed) : lane.server.pack(std::string(batch.text(*range)));
        auto writing = lane.server.write(std::move(lines));
        auto const answer = co_await std::move(writing);
        if (!answer) co_return connection_trouble(answer.error(), lane, was_open);
        lane.answered = Clock::now();
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

LineDelivery::Clock::time_point LineDelivery::answered() const {
    return std::ranges::max_element(lanes_, {}, &Lane::answered)->answered;
}

void LineDelivery::close() {
    for (auto& lane : lanes_) lane.server.close();
}

LineDelivery::Trouble LineDelivery::connection_trouble(bridge::Error const& error, Lane const& lane,
                                                       bool was_open) {
    constexpr auto idle = std::chrono::seconds(1);
    Trouble trouble{std::string(bridge::to_string(error.code)), error.detail};
    trouble.server_gone = true;
    trouble.at_once = was_open && error.code == bridge::Errc::closed && Clock::now() - lane.answered > idle;
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
