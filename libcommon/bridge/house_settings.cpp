// SPDX-License-Identifier: MIT
#include <bridge/house_settings.hpp>

namespace bridge {

void HouseSettings::bind(Options& options, HouseSettings& settings) {
    options.add("homeassistant", "discovery", settings.discovery,
                "tell Home Assistant which devices there are; no: take back what was told");
    options.add("homeassistant", "prefix", settings.prefix, "first part of Home Assistant's discovery topics")
        .check(check_topic);
    options
        .add("homeassistant", "status_topic", settings.status_topic,
             "where Home Assistant says that it has started; then it is told all again")
        .check(check_topic);
    options.add("homeassistant", "status_online", settings.status_online, "what it says there");
    options.add_choice<Language>("homeassistant", "language", settings.language,
                                 "of the names of devices and values, for Homie too",
                                 {{"en", Language::english}, {"de", Language::german}});
    options.add("homie", "enabled", settings.homie, "publish the devices as Homie 4 has them too");
    options.add("homie", "prefix", settings.homie_prefix, "first part of Homie's topics").check(check_topic);
    options.add("mqtt", "scalar_values", settings.scalar_values,
                "publish each value on a topic of its own too, <topic>/<device>/value/<field>");
}

Result<> check_topic(std::string_view text) {
    bool const bad = text.empty() || text.front() == '/' || text.back() == '/' ||
                     text.find_first_of("+# ") != std::string_view::npos || text.front() == '$';
    if (!bad) return {};
    return Error{Errc::config, "must be a topic without wildcards, blanks or slashes at its ends"};
}

}  // namespace bridge
