// SPDX-License-Identifier: MIT
#include <bridge/house_device.hpp>

#include <bridge/topic_name.hpp>

namespace bridge {

std::string HouseDevice::id() const {
    // The first `_` ends the base, unless the base has one itself.
    bool const clear = base.find('_') == std::string::npos;
    if (clear && topic_name(base) == base) return base + "_" + name;
    return topic_name(base + "/" + name);
}

std::string HouseDevice::title(Language language) const {
    auto const& what =
        language == Language::german && !product.german.empty() ? product.german : product.english;
    if (what.empty()) return name;
    return name == product.usual_name ? what : what + " " + name;
}

std::string HouseDevice::reading_topic(std::string_view channel) const {
    std::string topic = base + "/" + name;
    if (!channel.empty()) topic.append("/").append(channel);
    return topic;
}

std::string HouseDevice::set_topic(std::string_view setting) const {
    return (base + "/" + name + "/set/").append(setting);
}

std::string HouseDevice::availability_topic() const { return base + "/" + name + "/availability"; }

std::string const& field_title(Field const& field, Language language) {
    return language == Language::german && !field.german.empty() ? field.german : field.english;
}

}  // namespace bridge
