// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/log.hpp>
#include <bridge/result.hpp>
#include <bridge/retention.hpp>
#include <bridge/settings.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridge {

enum class MqttVersion { automatic, v5, v3_1_1 };

/// `auto`, or yes and no as everywhere.
[[nodiscard]] Result<> read_setting(std::string_view text, RetainReadings& value);
[[nodiscard]] std::string show_setting(RetainReadings value);

struct MqttSettings {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0: 1883, or 8883 with TLS
    std::string username;
    std::string password;
    std::string client_id;  ///< empty: the program's name; else `<client_id>-<program>`
    std::chrono::milliseconds keepalive{60000};
    std::uint16_t qos = 1;  ///< of readings; what is retained goes out at 1 at least
    RetainReadings retain = RetainReadings::automatic;  ///< states always are
    MqttVersion version = MqttVersion::automatic;
    bool tls = false;
    std::string ca_file;  ///< empty: the system's authorities
    std::string cert_file;
    std::string key_file;
    std::string key_password;
    bool tls_insecure = false;

    static void bind(Options& options, MqttSettings& settings);
    [[nodiscard]] std::uint16_t effective_port() const;
};

struct MqttMessage {
    std::string topic;
    std::string payload;
    bool retain = false;
};

/// What a client wants of its broker.
struct MqttSession {
    std::string client_id;
    std::optional<MqttMessage> will;         ///< QoS 1
    std::vector<std::string> subscriptions;  ///< filters, QoS 1, made anew at every connect
    bool subscriptions_needed = true;  ///< false: where they are refused, the connection goes on without
    /// Zero: a clean session at every connect. Else the broker keeps subscriptions and messages so long.
    std::chrono::seconds expiry{0};
    std::uint16_t receive_maximum = 0;  ///< QoS 1 messages in flight to us; 0: the broker's choice
};

/// A message as it arrives; valid during the call.
struct MqttArrival {
    std::string_view topic;
    std::string_view payload;
    bool retained = false;  ///< it is the broker's kept copy, not live
};

/// One connection to one broker, for ever: connects, connects again with backoff after every end, falls back
/// from MQTT 5 to 3.1.1, logs one line per change. The only class that knows the MQTT library.
/// Made, used and destroyed on the loop; handlers run on the loop, but for `received`.
class MqttClient {
  public:
    struct Handlers {
        /// Connected, and all subscriptions granted.
        std::function<void()> connected = [] {};
        /// Not connected any more, or a try to connect failed; `detail` says why.
        std::function<void(Error)> disconnected = [](Error const&) {};
        /// The broker has acknowledged `publish` number `id`. What was not acknowledged when the connection
        /// ended never is, and is for the caller to send again.
        std::function<void(std::uint64_t id)> acknowledged = [](std::uint64_t) {};
        /// The broker does not take this one (MQTT 5 only: with 3.1.1 it says that it took it). It stays
        /// unacknowledged.
        std::function<void(std::uint64_t id, std::string const& why)> refused = [](std::uint64_t,
                                                                                   std::string const&) {};
        /// In the library's receive thread. The broker gets its acknowledgement after this returned, so what
        /// must not be lost is safe by then. Must not throw and must capture nothing that dies before the
        /// client.
        std::function<void(MqttArrival const&)> received;
    };

    MqttClient(boost::asio::any_io_executor loop, Log log, MqttSettings settings, MqttSession session,
               Handlers handlers);
    ~MqttClient();
    MqttClient(MqttClient const&) = delete;
    MqttClient& operator=(MqttClient const&) = delete;

    /// Begins to connect; returns at once.
    void start();

    /// Sends at the configured QoS. False: not connected, or the library refused; nothing was sent.
    [[nodiscard]] bool publish(MqttMessage const& message, std::uint64_t id);

    /// Listens to these filters too, until `stop_asking` or the connection's end: what the broker keeps there
    /// comes at once. Where they are refused nothing comes.
    void ask(std::vector<std::string> const& filters);
    void stop_asking(std::vector<std::string> const& filters);

    /// Disconnects in order (no last will) within `deadline`, and stays so. No handler is called after it.
    /// The coroutine keeps what it needs alive by itself.
    boost::asio::awaitable<void> stop(std::chrono::milliseconds deadline);

    [[nodiscard]] bool connected() const;
    /// `5` or `3.1.1` while connected.
    [[nodiscard]] std::string_view protocol() const;

  private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace bridge
