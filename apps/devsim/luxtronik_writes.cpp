// SPDX-License-Identifier: MIT
#include "luxtronik_writes.hpp"

namespace devsim {

void LuxtronikWrites::write(std::size_t index, std::int32_t value, DeviceTime shows) {
    pending_[index] = {value, shows};
}

std::map<std::size_t, std::int32_t> const& LuxtronikWrites::shown(DeviceTime now) {
    std::erase_if(pending_, [&](auto const& one) {
        if (one.second.shows > now) return false;
        shown_[one.first] = one.second.value;
        return true;
    });
    return shown_;
}

void LuxtronikWrites::apply(std::vector<std::int32_t>& parameters, DeviceTime now) {
    for (auto const& [index, value] : shown(now)) {
        if (index < parameters.size()) parameters[index] = value;
    }
}

}  // namespace devsim
