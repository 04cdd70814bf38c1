// SPDX-License-Identifier: MIT
#include <bridge/mqtt.hpp>

#include <bridge/backoff.hpp>
#include <bridge/connection_diagnosis.hpp>
#include <bridge/mailbox.hpp>
#include <bridge/text.hpp>

#include <fmt/format.h>

#include <mqtt/async_client.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <limits>
#include <random>
#include <set>
#include <variant>

namespace bridge {

namespace asio = boost::asio;

namespace {

/// The outbox bounds the readings itself; states and events are few for each device.
constexpr int most_unwritten = 65'000;
constexpr auto quick = std::chrono::seconds(3);
/// A broker that was there a moment ago is soon back.
constexpr auto soon_again = std::chrono::seconds(10);
constexpr int protocol_not_supported = 0x84;  // MQTT 5 reason codes, 2.4
constexpr int session_taken_over = 0x8E;
constexpr int refused_protocol_3_1_1 = 1;  // MQTT 3.1.1, table 3.1

// What the library's threads say, as the loop receives it.
struct Connected {
    bool session_present;
};
struct ConnectFailed {
    int code;
};
struct ConnectionLost {
    std::string cause;
};
struct ServerDisconnected {
    int reason;
};
struct Subscribed {
    bool granted;
};
struct Acknowledged {
    std::uint64_t id;
};
struct Refused {
    std::uint64_t id;
    int reason;
};
struct Disconnected {};
using Event = std::variant<Connected, ConnectFailed, ConnectionLost, ServerDisconnected, Subscribed,
                           Acknowledged, Refused, Disconnected>;
using Events = Mailbox<Event>;

std::string connect_failure(int code) {
    switch (code) {
        case 1:
        case protocol_not_supported:
            return "the broker refuses this version of MQTT";
        case 2:
        case 0x85:
            return "the broker refuses the client id";
        case 3:
        case 0x88:
            return "the broker says it is unavailable";
        case 4:
        case 0x86:
            return "the broker refuses user name or password";
        case 5:
        case 0x87:
            return "the broker does not allow this user to connect";
        case 0x8A:
            return "the broker has banned this client";
        case 0x9F:
            return "the broker refuses: connections come too often";
        default:
            return code > 0 ? fmt::format("the broker refuses, reason code {}", code) : "no connection";
    }
}

std::string publish_failure(int code) {
    switch (code) {
        case 0x87:
            return "this user may not publish there: check the broker's access rules";
        case 0x90:
            return "the broker finds the topic invalid";
        case 0x95:
            return "the message is too large for the broker";
        case 0x97:
            return "a quota of the broker is used up";
        default:
            return fmt::format("the broker does not take it, reason code {}", code);
    }
}

/// Receives results in the library's threads. Owned beside the client, which dies first.
class Listener : public virtual mqtt::iaction_listener {
  public:
    explicit Listener(std::shared_ptr<Events> events) : events_(std::move(events)) {}

    void on_success(mqtt::token const& token) override {
        switch (token.get_type()) {
            case mqtt::token::CONNECT:
                push(Connected{token.get_connect_response().is_session_present()});
                break;
            case mqtt::token::SUBSCRIBE:
                push(Subscribed{granted(token)});
                break;
            case mqtt::token::PUBLISH:
                push(Acknowledged{number(token)});
                break;
            default:
                push(Disconnected{});
                break;
        }
    }

    void on_failure(mqtt::token const& token) override {
        switch (token.get_type()) {
            case mqtt::token::CONNECT: {
                int const reason = static_cast<int>(token.get_reason_code());
                push(ConnectFailed{reason >= 0x80 ? reason : token.get_return_code()});
                break;
            }
            case mqtt::token::SUBSCRIBE:
                push(Subscribed{false});
                break;
            case mqtt::token::PUBLISH:
                // Else the connection has ended, and what is not acknowledged is sent again by the caller.
                if (int const reason = static_cast<int>(token.get_reason_code()); reason >= 0x80)
                    push(Refused{number(token), reason});
                break;
            default:
                push(Disconnected{});
                break;
        }
    }

  private:
    // A closed mailbox means that nobody listens any more; its bound is never reached (one event an
    // operation).
    void push(Event event) { (void)events_->push(std::move(event)); }

    static std::uint64_t number(mqtt::token const& token) {
        return reinterpret_cast<std::uintptr_t>(token.get_user_context());
    }

    static bool granted(mqtt::token const& token) {
        auto const response = token.get_subscribe_response();
        for (auto const code : response.get_reason_codes()) {
            if (static_cast<int>(code) >= 0x80) return false;
        }
        return true;
    }

    std::shared_ptr<Events> events_;
};

mqtt::ssl_options tls_options(MqttSettings const& settings) {
    mqtt::ssl_options tls;
    if (!settings.ca_file.empty()) tls.set_trust_store(settings.ca_file);
    if (!settings.cert_file.empty()) {
        tls.set_key_store(settings.cert_file);
        tls.set_private_key(settings.key_file);
        if (!settings.key_password.empty()) tls.set_private_key_password(settings.key_password);
    }
    tls.set_enable_server_cert_auth(!settings.tls_insecure);
    // The library's default checks the chain, but not the host name.
    tls.set_verify(!settings.tls_insecure);
    return tls;
}

/// OpenSSL sets itself up when it is first used. Paho would do it at its first client, without TLS too,
/// for 1.3 MiB. Once and before that client: it makes the locks anew that its threads hold.
void set_library_up() {
    [[maybe_unused]] static bool const done = [] {
        MQTTAsync_init_options without_openssl = MQTTAsync_init_options_initializer;
        MQTTAsync_global_init(&without_openssl);
        return true;
    }();
}

}  // namespace

std::uint16_t MqttSettings::effective_port() const {
    if (port != 0) return port;
    return tls ? 8883 : 1883;
}

Result<> read_setting(std::string_view text, RetainReadings& value) {
    bool always = false;
    if (text == "auto") {
        value = RetainReadings::automatic;
    } else if (read_setting(text, always)) {
        value = always ? RetainReadings::always : RetainReadings::never;
    } else {
        return Error{Errc::config, "must be one of auto, true, false"};
    }
    return {};
}

std::string show_setting(RetainReadings value) {
    if (value == RetainReadings::automatic) return show_setting(std::string("auto"));
    return show_setting(std::string(value == RetainReadings::always ? "true" : "false"));
}

void MqttSettings::bind(Options& options, MqttSettings& settings) {
    auto& host = options.add("mqtt", "host", settings.host, "broker: name or address");
    // An older program of the sink's kind called it so.
    if (options.program() == "mqtt-sink") host.alias("MQTT_SERVER");
    host.check([](std::string_view text) -> Result<> {
        if (!text.empty() && text.find_first_of(" /") == std::string_view::npos) return {};
        return Error{Errc::config, "must be a host name or an address"};
    });
    options.add("mqtt", "port", settings.port, "broker's port; 0: 1883, or 8883 with TLS").range(0, 65535);
    options.add("mqtt", "username", settings.username, "user name at the broker");
    options.add("mqtt", "password", settings.password, "password at the broker").secret();
    options.add("mqtt", "client_id", settings.client_id,
                "client id is this and the program's name; alone it is the name");
    options.add("mqtt", "keepalive", settings.keepalive, "the broker misses us after 1.5 times this")
        .range(1, 65535);
    options.add("mqtt", "qos", settings.qos, "quality of service of readings").range(0, 2);
    options
        .add("mqtt", "retain", settings.retain,
             "whether the broker keeps the newest readings; auto: those that are true until the next one")
        .flag_alone_is_true();
    options.add_choice<MqttVersion>(
        "mqtt", "version", settings.version, "MQTT version; auto: 5, then 3.1.1",
        {{"auto", MqttVersion::automatic}, {"5", MqttVersion::v5}, {"3.1.1", MqttVersion::v3_1_1}});
    options.add("mqtt", "tls", settings.tls, "encrypt, and check the broker's certificate");
    options.add("mqtt", "ca_file", settings.ca_file, "authorities to trust (PEM); empty: the system's")
        .readable_file();
    options.add("mqtt", "cert_file", settings.cert_file, "client certificate (PEM)").readable_file();
    options.add("mqtt", "key_file", settings.key_file, "key of the client certificate (PEM)").readable_file();
    options.add("mqtt", "key_password", settings.key_password, "password of key_file").secret();
    options.add("mqtt", "tls_insecure", settings.tls_insecure,
                "do not check the broker's certificate (tests only)");
    options.require([&settings]() -> Result<> {
        if (settings.cert_file.empty() == settings.key_file.empty()) return {};
        return Error{Errc::config, "[mqtt] cert_file and key_file go together: set both or none"};
    });
}

class MqttClient::Impl : public std::enable_shared_from_this<MqttClient::Impl> {
  public:
    Impl(asio::any_io_executor loop, Log log, MqttSettings settings, MqttSession session, Handlers handlers)
        : loop_(std::move(loop)),
          log_(log),
          settings_(std::move(settings)),
          session_(std::move(session)),
          handlers_(std::move(handlers)),
          timer_(loop_),
          backoff_({}, std::random_device{}()) {}

    void start() {
        auto receive = [weak = weak_from_this()](std::vector<Event> batch) {
            auto const self = weak.lock();
            for (auto const& event : batch) {
                if (self) std::visit([&](auto const& e) { self->on(e); }, event);
            }
        };
        events_ = Events::open(loop_, std::numeric_limits<std::size_t>::max(), receive);
        listener_ = std::make_unique<Listener>(events_);
        connect(first_version());
    }

    bool publish(MqttMessage const& message, std::uint64_t id) {
        if (state_ != State::connected) return false;
        int const qos = message.retain ? std::max<int>(settings_.qos, 1) : settings_.qos;
        try {
            client_->publish(message.topic, message.payload.data(), message.payload.size(), qos,
                             message.retain, reinterpret_cast<void*>(static_cast<std::uintptr_t>(id)),
                             *listener_);
            return true;
        } catch (mqtt::exception const&) {
            // The connection is going; its end is told by an event of its own.
            return false;
        }
    }

    void ask(std::vector<std::string> const& filters) {
        if (state_ != State::connected || filters.empty()) return;
        try {
            auto const collection = mqtt::string_collection::create(filters);
            client_->subscribe(collection, mqtt::iasync_client::qos_collection(filters.size(), 1));
        } catch (mqtt::exception const&) {
            // The connection is going; its end is told by an event of its own.
        }
    }

    void stop_asking(std::vector<std::string> const& filters) {
        if (state_ != State::connected || filters.empty()) return;
        try {
            client_->unsubscribe(mqtt::string_collection::create(filters));
        } catch (mqtt::exception const&) {
            // As above.
        }
    }

    asio::awaitable<void> stop(std::chrono::milliseconds deadline) {
        bool const was_connected = state_ == State::connected || state_ == State::subscribing;
        handlers_ = Handlers{};
        state_ = State::stopping;
        timer_.cancel();
        if (was_connected && disconnect()) {
            timer_.expires_after(deadline);
            // Ended early by the Disconnected event.
            co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
        }
        close();
    }

    /// Takes the client down. The library waits inside its destructor for a name lookup under way, be it
    /// another client's: all share one lock. So while one is connecting, clients are left to the end of the
    /// process.
    void close() {
        if (events_) events_->close();
        timer_.cancel();
        if (connecting_now_ > 0) {
            (void)client_.release();
            (void)listener_.release();
        }
        client_.reset();
        state_ = State::stopped;
    }

    [[nodiscard]] bool connected() const { return state_ == State::connected; }
    [[nodiscard]] std::string_view protocol() const { return version_ == MqttVersion::v5 ? "5" : "3.1.1"; }

  private:
    enum class State { waiting, connecting, diagnosing, subscribing, connected, stopping, stopped };

    [[nodiscard]] MqttVersion first_version() const {
        // An old broker may also end the connection without a word; a new one does so while it is stopping,
        // and a bad link at any time.
        bool const gives_no_answer =
            settings_.version == MqttVersion::automatic && silent_ends_ >= 2 && !spoke_v5_;
        return settings_.version == MqttVersion::v3_1_1 || gives_no_answer ? MqttVersion::v3_1_1
                                                                           : MqttVersion::v5;
    }

    void make_client(MqttVersion version) {
        std::string const scheme = settings_.tls ? "ssl://" : "tcp://";
        bool const v6 = settings_.host.find(':') != std::string::npos;
        std::string const host = v6 ? "[" + settings_.host + "]" : settings_.host;
        std::string const uri = fmt::format("{}{}:{}", scheme, host, settings_.effective_port());
        mqtt::create_options options(version == MqttVersion::v5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1);
        // Paho refuses what is more than 100 unwritten messages, though connected: as many devices begin at
        // once.
        options.set_max_buffered_messages(most_unwritten);
        set_library_up();
        client_ = std::make_unique<mqtt::async_client>(uri, session_.client_id, options, nullptr);
        client_->set_connection_lost_handler(
            [events = events_](std::string const& cause) { (void)events->push(ConnectionLost{cause}); });
        client_->set_disconnected_handler(
            [events = events_](mqtt::properties const&, mqtt::ReasonCode reason) {
                (void)events->push(ServerDisconnected{static_cast<int>(reason)});
            });
        if (handlers_.received) {
            client_->set_message_callback([received = handlers_.received](mqtt::const_message_ptr message) {
                if (!message) return;
                auto const& payload = message->get_payload_ref();
                received(MqttArrival{
                    message->get_topic(), {payload.data(), payload.size()}, message->is_retained()});
            });
        }
        version_ = version;
    }

    [[nodiscard]] mqtt::connect_options connect_options() const {
        bool const v5 = version_ == MqttVersion::v5;
        mqtt::connect_options options;
        options.set_mqtt_version(v5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1);
        bool const clean = session_.expiry.count() == 0;
        if (v5) {
            options.set_clean_start(clean);
            mqtt::properties properties;
            properties.add(mqtt::property(mqtt::property::SESSION_EXPIRY_INTERVAL,
                                          static_cast<std::int32_t>(session_.expiry.count())));
            if (session_.receive_maximum != 0) {
                properties.add(mqtt::property(mqtt::property::RECEIVE_MAXIMUM,
                                              static_cast<std::int32_t>(session_.receive_maximum)));
            }
            options.set_properties(std::move(properties));
        } else {
            options.set_clean_session(clean);
        }
        options.set_keep_alive_interval(
            std::chrono::duration_cast<std::chrono::seconds>(settings_.keepalive));
        options.set_connect_timeout(std::chrono::seconds(10));
        options.set_automatic_reconnect(false);
        if (!settings_.username.empty()) options.set_user_name(settings_.username);
        if (!settings_.password.empty()) options.set_password(settings_.password);
        if (session_.will) {
            options.set_will_message(
                mqtt::make_message(session_.will->topic, session_.will->payload, 1, session_.will->retain));
        }
        if (settings_.tls) options.set_ssl(tls_options(settings_));
        return options;
    }

    void note_connecting(bool connecting) {
        if (std::exchange(connecting_, connecting) != connecting) connecting_now_ += connecting ? 1 : -1;
    }

    void connect(MqttVersion version) {
        state_ = State::connecting;
        try {
            if (!client_ || version_ != version) make_client(version);
            note_connecting(true);
            tried_ = std::chrono::steady_clock::now();
            client_->connect(connect_options(), nullptr, *listener_);
        } catch (mqtt::exception const& failure) {
            note_connecting(false);
            (void)events_->push(ConnectFailed{failure.get_return_code()});
        }
    }

    bool disconnect() {
        try {
            client_->disconnect(0, nullptr, *listener_);
            return true;
        } catch (mqtt::exception const&) {
            return false;
        }
    }

    void on(Connected const& event) {
        note_connecting(false);
        if (state_ != State::connecting) return;
        session_present_ = event.session_present;
        if (session_.subscriptions.empty()) return come_up();
        state_ = State::subscribing;
        try {
            auto const filters = mqtt::string_collection::create(session_.subscriptions);
            mqtt::iasync_client::qos_collection const qos(session_.subscriptions.size(), 1);
            client_->subscribe(filters, qos, nullptr, *listener_);
        } catch (mqtt::exception const&) {
            (void)events_->push(Subscribed{false});
        }
    }

    void on(Subscribed const& event) {
        if (state_ != State::subscribing) return;
        if (event.granted) return come_up();
        if (!session_.subscriptions_needed) {
            log_.warn("mqtt", "deaf",
                      {{"detail", "the broker refuses a subscription: check its access rules"}});
            return come_up();
        }
        fail(Error{Errc::unreachable, "the broker refuses a subscription: check its access rules"});
        (void)disconnect();
    }

    void come_up() {
        state_ = State::connected;
        connected_at_ = std::chrono::steady_clock::now();
        spoke_v5_ = spoke_v5_ || version_ == MqttVersion::v5;
        silent_ends_ = 0;
        told_.clear();
        log_.info("mqtt", "connected",
                  {{"host", settings_.host},
                   {"port", std::int64_t{settings_.effective_port()}},
                   {"version", protocol()},
                   {"session", session_present_ ? "resumed" : "new"}});
        handlers_.connected();
    }

    void on(ConnectFailed const& event) {
        note_connecting(false);
        if (state_ != State::connecting) return;
        bool const too_new = version_ == MqttVersion::v5 && settings_.version == MqttVersion::automatic &&
                             (event.code == protocol_not_supported || event.code == refused_protocol_3_1_1);
        if (too_new) return connect(MqttVersion::v3_1_1);
        if (event.code > 0) return fail(Error{Errc::unreachable, connect_failure(event.code)});
        // Where a name lookup or a connection hangs, a second one would hang too, and hold up the program's
        // end.
        if (std::chrono::steady_clock::now() - tried_ > quick)
            return fail(Error{Errc::timed_out, "no answer in time"});
        state_ = State::diagnosing;
        auto told = [self = shared_from_this()](std::exception_ptr, Diagnosis diagnosis) {
            if (self->state_ != State::diagnosing) return;
            self->silent_ends_ = diagnosis.reachable ? self->silent_ends_ + 1 : 0;
            self->fail(Error{Errc::unreachable, std::move(diagnosis.sentence)});
        };
        DiagnosedServer server{settings_.host, settings_.effective_port(), settings_.tls, settings_.ca_file};
        asio::co_spawn(loop_, diagnose_connection(std::move(server)), std::move(told));
    }

    void on(ServerDisconnected const& event) {
        if (event.reason != session_taken_over) return;
        taken_over_ = true;
    }

    void on(ConnectionLost const& event) {
        if (state_ != State::connected && state_ != State::subscribing) return;
        std::string detail = event.cause.empty() ? "the connection ended" : event.cause;
        if (std::exchange(taken_over_, false)) {
            detail = "another instance runs with the client id " + session_.client_id;
            // Slow, so that the two do not throw each other out for ever.
            wait_at_least_ = std::chrono::seconds(60);
        }
        fail(Error{Errc::closed, detail});
    }

    void on(Acknowledged const& event) { handlers_.acknowledged(event.id); }

    void on(Refused const& event) { handlers_.refused(event.id, publish_failure(event.reason)); }

    void on(Disconnected const&) {
        if (state_ == State::stopping) timer_.cancel();
    }

    /// Not connected: says so once for each reason since the last connection, and tries again later.
    void fail(Error const& error) {
        // A connection that ends sooner than it was waited for is no success: tries become fewer all the
        // same.
        bool const was_connected = state_ == State::connected;
        bool const lasted = was_connected && std::chrono::steady_clock::now() - connected_at_ > waited_;
        if (lasted) backoff_.reset();
        state_ = State::waiting;
        if (told_.insert(error.detail).second) {
            log_.warn("mqtt", "disconnected",
                      {{"host", settings_.host},
                       {"port", std::int64_t{settings_.effective_port()}},
                       {"error", to_string(error.code)},
                       {"detail", error.detail}});
        }
        handlers_.disconnected(error);
        auto const wait = was_connected ? std::min<std::chrono::milliseconds>(backoff_.next(), soon_again)
                                        : backoff_.next();
        waited_ = std::max(wait, std::exchange(wait_at_least_, {}));
        timer_.expires_after(waited_);
        timer_.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
            if (!cancelled && self->state_ == State::waiting) self->connect(self->first_version());
        });
    }

    asio::any_io_executor loop_;
    Log log_;
    MqttSettings settings_;
    MqttSession session_;
    Handlers handlers_;
    asio::steady_timer timer_;
    Backoff backoff_;
    std::chrono::milliseconds wait_at_least_{0};
    std::chrono::milliseconds waited_{0};
    std::shared_ptr<Events> events_;
    std::unique_ptr<Listener> listener_;
    std::unique_ptr<mqtt::async_client> client_;
    MqttVersion version_ = MqttVersion::v5;
    State state_ = State::waiting;
    std::set<std::string> told_;  ///< reasons
    bool connecting_ = false;
    inline static int connecting_now_ = 0;  ///< clients of this process; all are used on its one loop
    std::chrono::steady_clock::time_point tried_;
    bool session_present_ = false;
    std::chrono::steady_clock::time_point connected_at_;
    bool spoke_v5_ = false;  ///< the broker, once
    int silent_ends_ = 0;    ///< tries in a row that a reachable server ended without an answer
    bool taken_over_ = false;
};

MqttClient::MqttClient(asio::any_io_executor loop, Log log, MqttSettings settings, MqttSession session,
                       Handlers handlers)
    : impl_(std::make_shared<Impl>(std::move(loop), log, std::move(settings), std::move(session),
                                   std::move(handlers))) {}

MqttClient::~MqttClient() { impl_->close(); }

void MqttClient::start() { impl_->start(); }
bool MqttClient::publish(MqttMessage const& message, std::uint64_t id) { return impl_->publish(message, id); }
void MqttClient::ask(std::vector<std::string> const& filters) { impl_->ask(filters); }
void MqttClient::stop_asking(std::vector<std::string> const& filters) { impl_->stop_asking(filters); }

asio::awaitable<void> MqttClient::stop(std::chrono::milliseconds deadline) {
    auto const impl = impl_;
    co_await impl->stop(deadline);
}

bool MqttClient::connected() const { return impl_->connected(); }
std::string_view MqttClient::protocol() const { return impl_->protocol(); }

}  // namespace bridge
