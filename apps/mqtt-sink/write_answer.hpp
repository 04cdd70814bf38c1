// SPDX-License-Identifier: MIT
#pragma once

#include "halving.hpp"

#include <bridge/http_client.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace sink {

/// What a server's answer to lines means for them.
struct WriteAnswer {
    enum class Meaning {
        taken,
        lines_refused,  ///< one of them at least, and that will not change; of the others nothing is known
        too_large,      ///< all of them together
        not_now,        ///< none of them, and the same may be taken later
    };
    Meaning meaning = Meaning::not_now;
    unsigned status = 0;
    /// Of `lines_refused`: the server says itself that it took the others, so it is not the whole that is
    /// wrong.
    bool about_lines = false;
    /// Of `lines_refused`: which, counted from 0, where the server names them; it names a hundred at most.
    std::vector<Halving::Refused> lines = {};
    /// Of `not_now`: a gateway says so, whose server is gone.
    bool server_gone = false;
    /// Of `taken`: so many lines are older than what the server keeps.
    std::size_t too_old = 0;
    /// What the server said, and what to do about it, on one line; empty for `taken`.
    std::string sentence = {};
};

/// Pure.
[[nodiscard]] WriteAnswer meaning_of(bridge::HttpReply const& reply);

}  // namespace sink
