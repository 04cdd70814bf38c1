// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/field_table.hpp>
#include <bridge/house_device.hpp>
#include <bridge/sample.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridge {

/// A device as the Homie convention 4.0.0 has it: a node for each channel, a property for each field that is
/// to be an entity. All of it is retained. (homieiot/convention, tag v4.0.0.)
///
/// The convention wants `lost` as last will, so one connection for each device. A bridge has one connection
/// and one last will, `<base>/bridge/state`: after a `kill -9` a device's `$state` stays what it was.
class Homie {
  public:
    /// What a device does, in Homie's words.
    enum class State {
        init,          ///< nothing is known yet, or its attributes are on their way
        ready,         ///< it answers
        alert,         ///< it does not
        disconnected,  ///< its bridge has been stopped
    };

    Homie(std::string prefix, Language language) : prefix_(std::move(prefix)), language_(language) {}

    /// `[a-z0-9-]+`, as the convention wants it; what had to be changed for that ends in a hash.
    [[nodiscard]] static std::string id(HouseDevice const& device);

    /// Where a field's value goes.
    [[nodiscard]] std::string value_topic(HouseDevice const& device, Field const& field) const;

    [[nodiscard]] Announcement state(HouseDevice const& device, State state) const;
    /// All but `$state`.
    [[nodiscard]] std::vector<Announcement> attributes(HouseDevice const& device,
                                                       FieldTable const& fields) const;
    /// A value as its property; nothing if the field is none, or this is no value of its type.
    [[nodiscard]] std::optional<Announcement> value(HouseDevice const& device, FieldTable const& fields,
                                                    std::string_view channel, Reading const& reading) const;

    /// What has to be listened to before anything is said.
    [[nodiscard]] std::vector<std::string> filters() const;

    /// Whose devices are ours: those of this program and base.
    struct Owner {
        std::string program, base;
    };
    struct Plan {
        std::vector<Announcement> take_back;
        std::vector<std::string> foreign;  ///< ids that should be ours and are somebody else's
    };
    /// `kept`: payload by topic. `wanted`: of each id the attributes. `complete`: there are no other devices
    /// of ours, so what else is ours is taken back, as are properties that are no more.
    [[nodiscard]] Plan plan(Owner const& owner,
                            std::map<std::string, std::vector<Announcement>> const& wanted, bool complete,
                            std::map<std::string, std::string> const& kept) const;

  private:
    std::string prefix_;
    Language language_;
};

}  // namespace bridge
