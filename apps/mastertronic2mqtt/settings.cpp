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

namespace {

bool is_host(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
               c == '-' || c == '_' || c == ':';
    });
}

}  // namespace

void Settings::bind(bridge::Options& options, Settings& settings) {
    options.add_targets("mastertronic", "host", settings.targets, "watertester",
                        "the device's name or address in the network; name=host,name=host for several");
    options.require([&settings]() -> Result<> {
        for (auto const& target : settings.targets) {
            if (is_host(target.address)) continue;
            return Error{Errc::config, "[mastertronic] host = \"" + target.address +
                                           "\": must be a name or an address, without http:// or a path"};
        }
        return {};
    });
    options.add("mastertronic", "port", settings.port, "TCP port of the device's HTTP server")
        .range(1, 65535);
    options.add("mastertronic", "interval", settings.interval, "one dump in this time").range(0.1, 86400);
    options.add("mastertronic", "timeout", settings.timeout, "longest time that one download may take")
        .range(0.1, 600);
}

milliseconds Settings::stale_after() const { return interval + timeout + seconds(5); }

bridge::Backoff::Limits Settings::retry(bridge::Target const&) const {
    return {std::min<milliseconds>(seconds(15), interval), std::min<milliseconds>(seconds(60), interval)};
}

bridge::FieldTable Settings::fields() { return mastertronic::fields(); }

milliseconds Settings::until_confirmed() const { return std::min<milliseconds>(seconds(10), interval); }

}  // namespace mastertronic
