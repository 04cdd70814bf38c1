// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/sample.hpp>

#include <map>
#include <optional>
#include <string_view>

namespace luxtronik {

/// The numbers of a sample, which must outlive this, by their names.
class Numbers {
  public:
    explicit Numbers(bridge::Sample const& sample) {
        for (auto const& reading : sample.readings) {
            if (auto const* number = std::get_if<double>(&reading.value)) all_[reading.name] = *number;
            if (auto const* count = std::get_if<std::int64_t>(&reading.value))
                all_[reading.name] = static_cast<double>(*count);
        }
    }

    [[nodiscard]] std::optional<double> of(std::string_view name) const {
        auto const found = all_.find(name);
        return found == all_.end() ? std::nullopt : std::optional(found->second);
    }

  private:
    std::map<std::string_view, double> all_;
};

}  // namespace luxtronik
