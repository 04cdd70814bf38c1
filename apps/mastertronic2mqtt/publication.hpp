// SPDX-License-Identifier: MIT
#pragma once

#include "dump.hpp"

#include <map>
#include <set>
#include <string_view>
#include <vector>

namespace mastertronic {

/// The tests whose results the broker has, by channel.
using Published = std::map<std::string, std::set<bridge::Timestamp>, std::less<>>;

/// Decides which results are published when: each once, and only if two dumps in a row say the same of it. A
/// bit that flips on the way, and a page that is copied while the device writes it, cannot be seen in one
/// dump; that two downloads are damaged alike is not to be expected. What the device itself has stored
/// wrongly remains its value. A result that the device changes afterwards is not published again. Pure.
class Publication {
  public:
    explicit Publication(Published published) : published_(std::move(published)) {}

    /// The results of another dump, oldest first.
    void take(std::vector<TestResult> results);
    /// Another dump was the same as the last one, byte for byte.
    void take_again();

    /// True while the newest dump has results that one more dump has to confirm.
    [[nodiscard]] bool unconfirmed() const { return unconfirmed_; }

    struct Outgoing {
        TestResult result;
        bool past = false;  ///< its channel has shown, or is about to show, a newer one
    };
    /// What to publish now: the newest of each channel, then the others, oldest first. Nothing while what was
    /// given before has not been delivered.
    [[nodiscard]] std::vector<Outgoing> next();

    /// What `next` gave is delivered. Returns it.
    [[nodiscard]] std::vector<TestResult> delivered();

  private:
    static constexpr std::size_t most_at_once = 200;  ///< so that what waits for a broker stays small

    [[nodiscard]] bool is_new(TestResult const& result) const;
    void queue(std::vector<TestResult> const& confirmed);

    Published published_;
    std::vector<TestResult> newest_dump_;
    std::vector<Outgoing> waiting_;  ///< the next one is the last
    std::vector<TestResult> on_the_way_;
    bool unconfirmed_ = false;
};

}  // namespace mastertronic
