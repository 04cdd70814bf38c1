// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/command.hpp>
#include <bridge/result.hpp>

#include "controller.hpp"
#include "decode.hpp"
#include "write_budget.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <string>

namespace luxtronik {

/// Writes what people ask for, by the rules: only what the firmware is known to take, only what is not so
/// already, seldom, and believed only once it has been read back.
class Writer {
  public:
    /// `file`: where the writes are counted over restarts; empty: nowhere.
    Writer(boost::asio::any_io_executor loop, Controller& controller, std::string file);

    enum class Wrote { no, yes };
    /// Carries out one request and answers it. Yes: the controller's parameters may be others now. An error
    /// ends the session: what the controller says cannot be trusted.
    boost::asio::awaitable<bridge::Result<Wrote>> obey(bridge::SetRequest request,
                                                       std::optional<Version> version);

  private:
    [[nodiscard]] bridge::Result<> spend(std::string_view name);

    boost::asio::steady_timer timer_;
    Controller& controller_;
    std::string file_;
    std::optional<WriteBudget> budget_;  ///< none before it was needed
};

}  // namespace luxtronik
