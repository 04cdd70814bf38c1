// SPDX-License-Identifier: MIT
#pragma once

#include "line_batch.hpp"
#include "line_server.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace sink {

/// Brings batches of lines to one server, and finds which lines it will never take. On the loop; on each of
/// its lanes, which are connections, one thing at a time.
class LineDelivery {
  public:
    using Clock = std::chrono::steady_clock;
    template <class T>
    using Awaited = boost::asio::awaitable<T>;

    /// Why it does not go on. The same may work later.
    struct Trouble {
        std::string kind;  ///< a word for logs
        std::string sentence;
        bool server_gone = false;  ///< what it took lately may be lost
        bool at_once = false;      ///< an idle connection was closed, as servers do: no reason to wait
    };
    using Outcome = std::optional<Trouble>;

    /// Most batches that can be under way side by side.
    static constexpr std::size_t most_lanes = 2;

    explicit LineDelivery(OutputTarget const& target) : lanes_{Lane(target), Lane(target)} {}

    /// What is known of the server; nothing before it was greeted, and after it was gone.
    [[nodiscard]] std::optional<LineServer::Greeting> const& greeting() const { return greeting_; }
    /// Greets it, if it was not since it was gone. Nothing is under way then.
    [[nodiscard]] Awaited<Outcome> greet();
    /// Asks it for any answer. Nothing is under way then.
    [[nodiscard]] Awaited<Outcome> hear();

    /// All lines; those refused for good are then in the batch's `refused`. `packed`: the whole text, made
    /// ready by `pack`. What it comes to: how many lines are older than what the server keeps.
    struct Given {
        Outcome trouble;
        std::size_t too_old = 0;
    };
    [[nodiscard]] Awaited<Given> give(LineBatch& batch, LineServer::Lines packed, std::size_t lane = 0);
    [[nodiscard]] LineServer::Lines pack(LineBatch const& batch) const {
        return lanes_.front().server.pack(batch.text());
    }

    /// When the server answered last.
    [[nodiscard]] Clock::time_point answered() const;
    void close();

  private:
    struct Lane {
        explicit Lane(OutputTarget const& target) : server(target) {}
        LineServer server;
        Clock::time_point answered;
    };

    Awaited<Outcome> write(LineBatch const& batch, LineServer::Lines packed, Lane& lane, Halving& halving,
                           std::size_t& too_old);
    [[nodiscard]] Trouble connection_trouble(bridge::Error const& error, Lane const& lane, bool was_open);
    [[nodiscard]] Trouble status_trouble(WriteAnswer const& answer);

    std::array<Lane, most_lanes> lanes_;
    std::optional<LineServer::Greeting> greeting_;
};

}  // namespace sink
