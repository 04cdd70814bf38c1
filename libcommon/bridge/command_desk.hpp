// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/command.hpp>
#include <bridge/delivery.hpp>
#include <bridge/field_table.hpp>
#include <bridge/log.hpp>
#include <bridge/metrics.hpp>
#include <bridge/mqtt.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace bridge {

/// Hears what people want devices to be set to, gives what is right to the device's source, and answers each
/// request once: on `<base>/<device>/set_result`, when the broker is there again if it went away. All on one
/// loop.
class CommandDesk {
  public:
    struct Settings {
        std::string program, base;
        FieldTable fields;  ///< of which those are heard that are settable
    };
    /// Who obeys for a device.
    struct Recipient {
        bool known = false;   ///< there is a device of this name
        bool online = false;  ///< and it answers
        std::function<void(SetRequest)> obey = {};
    };
    using Find = std::function<Recipient(std::string const& device)>;

    CommandDesk(Log log, Metrics& metrics, Delivery& delivery, Settings settings, Find find);

    /// What has to be subscribed to; nothing if no field is settable.
    [[nodiscard]] static std::vector<std::string> filters(std::string const& base, FieldTable const& fields);
    /// A message from the broker; false: it is for somebody else.
    [[nodiscard]] bool hear(MqttMessage const& message);
    /// Answers what is still under way, and hears nothing more.
    void stop();

  private:
    void give(Command const& command);
    void answer(Command const& command, Outcome const& outcome);
    [[nodiscard]] std::string names() const;

    Log log_;
    Metrics& metrics_;
    Delivery& delivery_;
    Settings settings_;
    std::map<std::string, Field> settable_;  ///< by the name that is asked for
    Find find_;
    struct UnderWay {
        Command command;
        bool told = false;  ///< the device may have been
    };
    std::map<std::uint64_t, UnderWay> under_way_;
    std::uint64_t next_ = 1;
    bool stopped_ = false;
    /// A source may outlive this object by a moment, with a request in its hands.
    std::shared_ptr<void> alive_ = std::make_shared<char>();
};

}  // namespace bridge
