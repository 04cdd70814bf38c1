// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/sample.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sink {

/// From when to when, in unix ms, both inclusive.
struct Span {
    std::int64_t from = 0;
    std::int64_t to = 0;
};

/// What stands behind the `?` of a request, as it is asked for one by one. What is wrong with it first is
/// kept, as a sentence; what is read after that has no meaning. Pure.
class Parameters {
  public:
    static constexpr std::size_t most_bytes = 1000;

    using Given = std::vector<std::pair<std::string, std::string>>;
    /// `known`: those that the path has.
    Parameters(Given given, std::initializer_list<std::string_view> known);

    /// The value; empty where it is not given. One that is given must not be.
    [[nodiscard]] std::string text(std::string_view name);
    /// It must be there. `where`: what shows which there are.
    [[nodiscard]] std::string needed_text(std::string_view name, std::string_view where);
    /// It may be empty, which is not the same as not given.
    [[nodiscard]] std::optional<std::string> maybe_empty(std::string_view name);
    /// `from` and `to` as `parse_time` has them; by default the last 24 hours until now.
    [[nodiscard]] Span span(bridge::Timestamp now);
    /// A whole number from 1 to `most`.
    [[nodiscard]] std::optional<std::int64_t> count(std::string_view name, std::int64_t most);
    /// What commas part; no part is empty, none is twice.
    [[nodiscard]] std::vector<std::string> list(std::string_view name);

    /// Notes that something is wrong, unless something was before.
    void refuse(std::string sentence);
    [[nodiscard]] std::optional<std::string> const& wrong() const { return wrong_; }

  private:
    [[nodiscard]] std::int64_t time(std::string_view name, std::string_view otherwise, bridge::Timestamp now);
    [[nodiscard]] std::string const* find(std::string_view name) const;

    Given given_;
    std::optional<std::string> wrong_;
};

}  // namespace sink
