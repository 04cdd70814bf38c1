// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/delivery.hpp>
#include <bridge/discovery.hpp>
#include <bridge/homie.hpp>
#include <bridge/house_settings.hpp>
#include <bridge/log.hpp>
#include <bridge/mqtt.hpp>
#include <bridge/retention.hpp>
#include <bridge/value_mirror.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace bridge {

/// Tells house automations of the bridge's devices: Home Assistant by device discovery, others by Homie and
/// by values on topics of their own. After each connect it listens for some seconds to what the broker keeps
/// of all that, and then makes of it what it should be: what is right already is not sent, what is ours and
/// belongs to nothing any more is taken back, what is not ours is left alone. All on one loop.
class Announcer {
  public:
    struct Settings {
        HouseSettings house;
        std::string program, version, base;
        Product product;
        FieldTable fields;
        Retention retention;
        /// The devices of the settings are all there are. Else nobody knows which others will be heard of
        /// again, and what was told of them stays.
        bool all_known = true;
    };

    Announcer(boost::asio::any_io_executor loop, Log log, Delivery& delivery, Settings settings);

    /// What has to be subscribed to for as long as there is a connection.
    [[nodiscard]] static std::vector<std::string> filters(HouseSettings const& house);

    /// The broker is there, or not any more.
    void connected();
    void disconnected();

    /// There is such a device, and this is what it does.
    void tell(std::string const& device, Homie::State state);
    /// A channel's newest reading.
    void show(Sample const& sample);
    /// Tells all again, to whoever lost it.
    void tell_again();

    /// A message from the broker; false: it is for somebody else.
    [[nodiscard]] bool hear(MqttMessage const& message);

    /// Says nothing more by itself.
    void stop();

  private:
    struct Told {
        HouseDevice device;
        std::string topic, config;  ///< for Home Assistant; both empty: nothing is to be said
        Homie::State state = Homie::State::init;
        bool in_homie = false;  ///< said since the last connect
    };

    void introduce(std::string const& name);
    void listen(std::vector<std::string> filters);
    void listened();
    void take_over_values();
    void tell_homeassistant();
    void tell_homie();
    void say_homie(Told& told);
    void mirror(Sample const& sample);
    void send(Announcement const& announcement);
    void keep_in_mind(MqttMessage const& message);
    void on_birth();
    void note_foreign(std::set<std::string>& known, std::vector<std::string> const& found);
    [[nodiscard]] HouseDevice device(std::string const& name) const;

    Log log_;
    Delivery& delivery_;
    Settings settings_;
    DiscoveryOwner owner_;
    Homie homie_;
    std::map<std::string, Told> told_;               ///< by the device's name
    std::map<std::string, std::string> kept_;        ///< what the broker keeps of discovery, by topic
    std::map<std::string, std::string> kept_homie_;  ///< the same of Homie
    std::set<std::string> kept_values_;              ///< topics
    std::set<std::string> foreign_configs_;          ///< topics that were found in other hands
    std::set<std::string> foreign_homies_;           ///< the same of ids
    std::optional<ValueMirror> scalars_;
    std::optional<ValueMirror> properties_;
    std::map<std::string, Sample> held_;  ///< newest of each channel, while listening
    std::vector<std::string> asked_;
    bool listening_ = true;  ///< or not connected
    bool again_ = false;     ///< all is to be told again when it has listened
    bool values_known_ = false;
    boost::asio::steady_timer listen_timer_;
    boost::asio::steady_timer birth_timer_;
    std::minstd_rand random_{std::random_device{}()};
};

}  // namespace bridge
