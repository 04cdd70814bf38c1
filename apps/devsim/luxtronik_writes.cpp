// SPDX-License-Identifier: MIT
#include "luxtronik_writes.hpp"

namespace devsim {

void LuxtronikWrites::write(std::size_t index, std::int32_t value, DeviceTime shows) {
    pending_[index] = {value, shows};
}

void LuxtronikWrites::apply(std::vector<std::int32_t>& parameters, DeviceTime now) {
    std::erase_if(pending_, [&](auto const& one) {
        if (one.second.shows > now) return false;
        shown_[one.first] = one.second.value;
        return true;
    });
    for (auto const& [index, value] : shown_) {
        if (index < parameters.size()) parameters[index] = value;
    }
}

}  // namespace devsim
