// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/result.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace sink {

/// How long something is kept of each base; nothing: for ever.
class Keep {
  public:
    /// `mfm=90d,isems=2y`; `90d` alone is for all bases that are not named, `mfm=forever` takes one out.
    /// `config`: anything else, or less than a day.
    [[nodiscard]] static bridge::Result<Keep> parse(std::string_view text);

    [[nodiscard]] std::optional<std::chrono::days> limit(std::string_view base) const;
    /// Nothing is ever deleted.
    [[nodiscard]] bool is_all() const;
    /// Whether every base is kept at least as long as by `other`; if not, the name of one, `""` for those
    /// that are not named.
    [[nodiscard]] std::optional<std::string> shorter_than(Keep const& other) const;

  private:
    using Limit = std::optional<std::chrono::days>;
    Limit others_;
    std::map<std::string, Limit, std::less<>> bases_;
};

}  // namespace sink
