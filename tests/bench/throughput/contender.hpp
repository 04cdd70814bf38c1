// SPDX-License-Identifier: MIT
#pragma once

#include "support/process.hpp"
#include "support/temp_folder.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace bench {

/// A program that takes `mfm/+` from the broker, running.
class Contender {
  public:
    virtual ~Contender() = default;
    [[nodiscard]] virtual test::Process& process() = 0;
    /// Messages it has taken so far, those of before its start not included.
    [[nodiscard]] virtual std::size_t taken() = 0;
    /// Ends it, and says how many messages are there to stay.
    [[nodiscard]] virtual std::size_t stop() = 0;
};

struct Entry {
    std::string name;
    /// Starts it; its subscription stands when this returns. Throws a sentence where it cannot run.
    std::function<std::unique_ptr<Contender>(test::TempFolder const& folder, std::uint16_t broker)> start;
    /// Keeps its session at the broker over a stop, so that a backlog waits there for it.
    bool keeps_session = false;
};

/// Counts messages and keeps nothing: what Paho and the broker allow at most. `sink_throughput --bare`.
[[nodiscard]] Entry bare_subscriber();
[[nodiscard]] Entry sink(std::string const& durability);
/// As `peers/paho_sqlite.py` has it: `each` or `batched`.
[[nodiscard]] Entry python(std::string const& mode);
/// `wal`: its database is in WAL, which its node leaves to the user.
[[nodiscard]] Entry node_red(bool wal);

/// What `sink_throughput --bare PORT` does; does not return before SIGTERM.
int count_messages(std::uint16_t broker);

}  // namespace bench
