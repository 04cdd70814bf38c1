// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace luxtronik {

/// How controllers are found: a broadcast of text over UDP, to port 4444 and, since some firmware listens
/// there, to 47808. Who answers says in the third field on which TCP port its interface is; old firmware says
/// nothing there. (From the sources of python-luxtronik.)
///
///     2000;111;1;NUL          the question
///     2500;111;8889;...       an answer
constexpr std::string_view search_question("2000;111;1;\0", 12);

/// The TCP port of the controller that answered so; 0: it does not say. Error: malformed, it is no answer of
/// a controller, as our own question come back.
[[nodiscard]] bridge::Result<std::uint16_t> read_search_answer(std::string_view answer);

/// Whom to ask.
struct Search {
    std::string address = {};                          ///< broadcast address; empty: of each network
    std::vector<std::uint16_t> ports = {4444, 47808};  ///< UDP, one after the other
};

/// What stands for a controller's address in the settings: `search`, `search:192.168.2.255`, or with a port.
[[nodiscard]] bool is_search(std::string_view target);
/// Error: config, what is expected.
[[nodiscard]] bridge::Result<Search> read_search(std::string_view target);

}  // namespace luxtronik
