// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/field_table.hpp>

#include <string>
#include <string_view>

namespace bridge {

/// Of the names that people read.
enum class Language { english, german };

/// What a bridge's devices are, for people; what is not known is empty.
struct Product {
    std::string english = {};  ///< `Heat pump`
    std::string german = {};   ///< `Wärmepumpe`
    std::string usual_name =
        {};  ///< of a device that the user gave no name; it adds nothing to the product's
    std::string manufacturer = {};
    std::string model = {};
};

/// A device as house automations are told of it.
struct HouseDevice {
    std::string program;  ///< `luxtronik2mqtt`
    std::string version;  ///< the program's
    std::string base;     ///< first part of its topics; says whose it is, with the program
    std::string name;     ///< its level in topics
    Product product;

    /// For ever the same, whatever machine the bridge runs on: `<base>_<name>`, of `[A-Za-z0-9_-]`. Where
    /// that could be another device's too, or something had to be replaced, eight hex digits of a hash
    /// follow.
    [[nodiscard]] std::string id() const;
    /// `Heat pump`, `Heat pump barn`.
    [[nodiscard]] std::string title(Language language) const;
    [[nodiscard]] std::string reading_topic(std::string_view channel) const;
    [[nodiscard]] std::string availability_topic() const;
    /// Where it is asked for a setting of this name.
    [[nodiscard]] std::string set_topic(std::string_view setting) const;
    [[nodiscard]] std::string bridge_state_topic() const { return base + "/bridge/state"; }
};

/// What people call a field.
[[nodiscard]] std::string const& field_title(Field const& field, Language language);

/// A message that the broker is to keep; an empty payload takes back what it kept.
struct Announcement {
    std::string topic, payload;
    bool operator==(Announcement const&) const = default;
};

}  // namespace bridge
