// SPDX-License-Identifier: MIT
#pragma once

#include "line_batch.hpp"
#include "line_server.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace sink {

/// Brings batches of lines to one server, and finds which lines it will never take. On the loop; one thing
/// at a time.
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

    explicit LineDelivery(OutputTarget const& target) : server_(target) {}

    /// What is known of the server; nothing before it was greeted, and after it was gone.
    [[nodiscard]] std::optional<LineServer::Greeting> const& greeting() const { return greeting_; }
    /// Greets it, if it was not since it was gone.
    [[nodiscard]] Awaited<Outcome> greet();
    /// Asks it for any answer.
    [[nodiscard]] Awaited<Outcome> hear();

    /// All lines; those refused for good are then in the batch's `refused`. `packed`: the whole text, made
    /// ready by `pack`. What it comes to: how many lines are older than what the server keeps.
    struct Given {
        Outcome trouble;
        std::size_t too_old = 0;
    };
    [[nodiscard]] Awaited<Given> give(LineBatch& batch, LineServer::Lines packed);
    [[nodiscard]] LineServer::Lines pack(LineBatch const& batch) const { return server_.pack(batch.text()); }

    /// When the server answered last.
    [[nodiscard]] Clock::time_point answered() const { return answered_; }
    void close() { server_.close(); }

  private:
    Awaited<Outcome> write(LineBatch const& batch, LineServer::Lines packed, Halving& halving,
                           std::size_t& too_old);
    [[nodiscard]] Trouble connection_trouble(bridge::Error const& error, bool was_open);
    [[nodiscard]] Trouble status_trouble(WriteAnswer const& answer);

    LineServer server_;
    std::optional<LineServer::Greeting> greeting_;
    Clock::time_point answered_;
};

}  // namespace sink
