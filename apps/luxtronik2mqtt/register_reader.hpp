// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/result.hpp>

#include "modbus.hpp"
#include "register_plan.hpp"
#include "smart_home.hpp"

#include <boost/asio/awaitable.hpp>
#include <set>
#include <string>
#include <vector>

namespace luxtronik {

/// Reads all that a controller has over one connection, and learns what it does not have. On the loop.
class RegisterReader {
  public:
    RegisterReader(Modbus& modbus, Selection selection) : modbus_(modbus), selection_(selection) {}

    /// To be called on a new connection: reads the version first, since firmware that has no such interface
    /// may have another one here. Errors: those of `smart_home_release` and of `Modbus`.
    [[nodiscard]] boost::asio::awaitable<bridge::Result<Release>> begin();
    /// All or nothing. What is missing is asked for once in a connection.
    [[nodiscard]] boost::asio::awaitable<bridge::Result<Registers>> read_all();

    [[nodiscard]] Release release() const { return release_; }
    /// Of what this firmware should have, the first places of what this controller has not.
    [[nodiscard]] std::set<RegisterPlace> const& missing() const { return missing_; }

  private:
    [[nodiscard]] boost::asio::awaitable<bridge::Result<>> read_span(RegisterSpan span, Registers& registers);

    Modbus& modbus_;
    Selection selection_;
    Release release_;
    std::set<RegisterPlace> missing_;
};

/// `inputs 320, holdings 65 66`; empty if there are none.
[[nodiscard]] std::string places_text(std::set<RegisterPlace> const& places);

}  // namespace luxtronik
