// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/result.hpp>
#include <bridge/sample.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bridge {

enum class Severity { info, warning, error, critical };

/// Something that a device says may be wrong with it, and whether it is now.
struct Condition {
    std::string kind;  ///< `battery_low`
    bool holds = false;
    Severity severity = Severity::warning;
    std::string text;  ///< a sentence
};

/// Something that happened once.
struct Occurrence {
    Timestamp time;
    std::string id;  ///< names it among all of its device, the same each time it is seen
    std::string kind;
    Severity severity = Severity::info;
    std::string text;
};

/// What has happened to the devices, each event once, also over restarts. Pure: the caller keeps `to_text`,
/// publishes what is pending and says when the broker has it.
class Events {
  public:
    /// An event that the broker has not acknowledged.
    struct Pending {
        std::uint64_t number;
        std::string device;
        std::string payload;  ///< of `<base>/<device>/event`
        bool operator==(Pending const&) const = default;
    };

    /// What `to_text` gave. The error says what is wrong with the text.
    [[nodiscard]] static Result<Events> from_text(std::string_view text);
    [[nodiscard]] std::string to_text() const;

    /// A device's conditions as they are at `time`; what is not named has not changed. A change is an event,
    /// `raised` or `cleared`. Older conditions than the device's newest change nothing. True if there are
    /// new events.
    bool conditions(std::string const& device, Timestamp time, std::vector<Condition> const& conditions);

    /// Of each id there is one event. A device's newest thousand ids are remembered. True if it is new.
    bool occurred(std::string const& device, Occurrence const& occurrence);

    /// Oldest first; at most a thousand: then the oldest is dropped, counted.
    [[nodiscard]] std::deque<Pending> const& pending() const { return pending_; }
    void acknowledged(std::uint64_t number);
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

    [[nodiscard]] bool knows(std::string const& device) const { return devices_.contains(device); }
    /// Devices of which anything is known.
    [[nodiscard]] std::vector<std::string> devices() const;
    /// `<base>/<device>/alerts`: `[{"kind":...,"since":...,"severity":...,"text":...}]` of what is raised, by
    /// kind.
    [[nodiscard]] std::string alerts_json(std::string const& device) const;

  private:
    struct Alert {
        Timestamp since;
        Severity severity;
        std::string text;
    };
    struct Device {
        std::map<std::string, Alert> raised;  ///< by kind
        Timestamp newest;                     ///< conditions
        std::deque<std::string> seen;         ///< ids
    };

    void add(std::string const& device, std::string payload);

    std::map<std::string, Device> devices_;
    std::deque<Pending> pending_;
    std::uint64_t next_ = 1;
    std::uint64_t dropped_ = 0;
};

}  // namespace bridge
