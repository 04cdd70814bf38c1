// SPDX-License-Identifier: MIT
#include <bridge/pseudonyms.hpp>

namespace bridge {

std::string Pseudonyms::of(std::string_view kind, std::string_view name) {
    auto& numbers = numbers_[std::string(kind)];
    auto const number = numbers.try_emplace(std::string(name), numbers.size() + 1).first->second;
    return std::string(kind) + "-" + std::to_string(number);
}

}  // namespace bridge
