// SPDX-License-Identifier: MIT
#include "settings.hpp"

#include "fields.hpp"

#include <algorithm>

namespace mastertronic {

using bridge::Errc;
using bridge::Error;
using bridge::Result;
using std::chrono::milliseconds;
using std::chrono::seconds;

void Settings::bind(bridge::Options& options, Settings& settings) {
    options.add_targets("mastertronic", "host", settings.targets, "watertester",
                        "the device: host or host:port; name=host,name=host for several");
    options.require([&settings]() -> Result<> {
        for (auto const& target : settings.targets) {
            auto const address = bridge::parse_address(target.address, settings.port);
            if (!address)
                return Error{Errc::config,
                             "[mastertronic] host = \"" + target.address + "\": " + address.error().detail};
        }
        return {};
    });
    options
        .add("mastertronic", "port", settings.port,
             "TCP port of the device's HTTP server where --host names none")
        .range(1, 65535);
    options.add("mastertronic", "interval", settings.interval, "one dump in this time").range(0.1, 86400);
    options.add("mastertronic", "timeout", settings.timeout, "longest time that one download may take")
        .range(0.1, 600);
}

bridge::Address Settings::address_of(bridge::Target const& target) const {
    auto const address = bridge::parse_address(target.address, port);
    return address ? *address : bridge::Address{};
}

milliseconds Settings::stale_after() const { return interval + timeout + seconds(5); }

bridge::Backoff::Limits Settings::retry(bridge::Target const&) const {
    return {std::min<milliseconds>(seconds(15), interval), std::min<milliseconds>(seconds(60), interval)};
}

bridge::FieldTable Settings::fields() { return mastertronic::fields(); }

milliseconds Settings::until_confirmed() const { return std::min<milliseconds>(seconds(10), interval); }

}  // namespace mastertronic
