// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/house_device.hpp>
#include <bridge/sample.hpp>

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace bridge {

/// Readings as one retained topic for each value, for those that read no JSON. A value that a channel's
/// newest reading lacks is taken back: what is not known is not shown. Pure; keeps which topics show
/// something.
class ValueMirror {
  public:
    /// Where a value goes and how it looks there; nothing: nowhere.
    using Place = std::function<std::optional<Announcement>(Sample const& sample, Reading const& reading)>;

    explicit ValueMirror(Place place) : place_(std::move(place)) {}

    /// A topic of a channel that an earlier run may have left a value in.
    void note(std::string const& device, std::string const& channel, std::string topic);

    /// What follows from a channel's newest reading.
    [[nodiscard]] std::vector<Announcement> show(Sample const& sample);

  private:
    Place place_;
    std::map<std::string, std::set<std::string>> shown_;  ///< topics by `<device>/<channel>`
};

/// `<base>/<device>/value/<field>`, or with the channel before the field.
struct ValueTopic {
    std::string device, channel, field;
    [[nodiscard]] std::string under(std::string_view base) const;
    /// Nothing for another topic.
    [[nodiscard]] static std::optional<ValueTopic> read(std::string_view base, std::string_view topic);
    /// Of all that are below this base.
    [[nodiscard]] static std::vector<std::string> filters(std::string const& base);
};

/// A value on a topic of its own, as it stands in the JSON, texts without quotes; nothing for NaN.
[[nodiscard]] std::optional<std::string> plain_value(Value const& value);

}  // namespace bridge
