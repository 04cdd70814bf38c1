// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/sample.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace isems {

/// Which lines of which node have been published: a line is its node and its time, whatever way it came and
/// in whatever order. Knows the newest 4,096 of each of at most 1,000 nodes; a node's log has at most 3,660.
/// A pure value.
class KnownLines {
  public:
    static constexpr std::size_t most_lines = 4096;
    static constexpr std::size_t most_nodes = 1000;
    /// Of a long log the rest is for the next call: it goes to the broker in pieces that its queue can hold.
    static constexpr std::size_t most_at_once = 240;

    /// What of these is new, and known from now on: the newest of each node first, then the others, oldest
    /// first, but not more than `most_at_once` of a node, and the newer rather than the older.
    [[nodiscard]] std::vector<bridge::Sample> take_new(std::vector<bridge::Sample> samples);

    /// Samples of nodes beyond `most_nodes`, which are all refused.
    [[nodiscard]] std::uint64_t refused() const { return refused_; }

  private:
    /// Adds it; false if it is there already.
    [[nodiscard]] bool learn(std::string const& node, bridge::Timestamp time);

    std::map<std::string, std::vector<bridge::Timestamp>> times_;  ///< sorted
    std::uint64_t refused_ = 0;
};

}  // namespace isems
