// SPDX-License-Identifier: MIT
#include "decode.hpp"
#include "fields.hpp"
#include "known_lines.hpp"
#include "node_topics.hpp"
#include "redact.hpp"
#include "status.hpp"

#include <bridge/address.hpp>
#include <bridge/clock_gate.hpp>
#include <bridge/http_client.hpp>
#include <bridge/run_bridge.hpp>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace isems {

namespace {

namespace asio = boost::asio;
using bridge::Errc;
using bridge::Error;
using bridge::HttpGet;
using bridge::HttpReply;
using bridge::Options;
using bridge::Result;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto token = asio::as_tuple(asio::use_awaitable);
/// Where the generations of nodes have their log: the routers, and the ESP32 nodes from 2021 on.
constexpr std::array<char const*, 2> log_paths = {"/ISEMS/ffopenmppt.log", "/csv.log"};
constexpr std::uint16_t http_port = 80;
constexpr auto longest_poll = seconds(10);
constexpr auto shortest_poll = seconds(2);

struct Settings {
    std::vector<bridge::Target> targets;
    milliseconds interval{60000};
    std::string node_topics = "/isems/+/csvlog";

    static void bind(Options& options, Settings& settings);
    /// The slowest nodes write a line a minute.
    [[nodiscard]] milliseconds stale_after() const {
        return std::max<milliseconds>(3 * interval, std::chrono::minutes(3));
    }
    [[nodiscard]] bridge::Backoff::Limits retry(bridge::Target const&) const { return {}; }
    [[nodiscard]] static bridge::FieldTable fields() { return isems::fields(); }
    /// Where nodes publish their lines.
    [[nodiscard]] std::vector<std::string> topics() const {
        auto parsed = parse_node_topics(node_topics);
        return parsed ? std::move(*parsed) : std::vector<std::string>();
    }
};

void Settings::bind(Options& options, Settings& settings) {
    options.add_targets("isems", "router_ips", settings.targets, "",
                        "the nodes' web servers: host,host:port,name=host; a name is for logs and metrics, a "
                        "node's topic is its own id");
    options.require([&settings]() -> Result<> {
        for (auto const& target : settings.targets) {
            auto const address = bridge::parse_address(target.address, http_port);
            if (!address)
                return Error{Errc::config,
                             "[isems] router_ips: \"" + target.address + "\" " + address.error().detail};
        }
        return {};
    });
    options.add("isems", "interval", settings.interval, "how often each node is asked for its log")
        .range(1, 86400);
    options
        .add("isems", "node_topics", settings.node_topics,
             "topics that nodes publish their lines to, with commas between them; empty: none")
        .check([](std::string_view text) -> Result<> {
            auto const parsed = parse_node_topics(text);
            if (!parsed) return parsed.error();
            return {};
        });
}

bridge::Timestamp now() {
    return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
}

Result<Log> read_log(bridge::SourceContext const& context, bridge::Bytes bytes) {
    auto const received = now();
    context.record(received, bytes);
    return decode_log(bytes, received);
}

/// The log of an answer; `unsupported`: it is not at this path.
Result<Log> read_answer(bridge::SourceContext const& context, HttpReply const& reply) {
    constexpr unsigned ok = 200, unauthorized = 401, forbidden = 403, not_found = 404;
    std::string const status = " (status " + std::to_string(reply.status) + ")";
    if (reply.status == unauthorized || reply.status == forbidden)
        return Error{Errc::config, "wants a password for its log" + status};
    if (reply.status == not_found) return Error{Errc::unsupported, "has no log" + status};
    if (reply.status != ok) return Error{Errc::io, "has an error of its own" + status};
    return read_log(context, bridge::as_bytes(reply.body));
}

/// Under the name of the router, or of the broker.
void count(bridge::SourceContext const& context, Log const& log) {
    std::string const& router = context.target.name;
    auto const reject = [&](std::string const& reason, std::size_t lines) {
        context.metrics
            .counter("isems2mqtt_rejected_lines_total", "Lines that are no measurement, in all answers.",
                     {{"router", router}, {"reason", reason}})
            .add(lines);
    };
    reject("not_measured", log.not_measured);
    reject("wrong_clock", log.wrong_clock);
    reject("damaged", log.damaged);
    context.metrics
        .counter("isems2mqtt_bad_fields_total", "Fields left out of lines that were used, in all answers.",
                 {{"router", router}})
        .add(log.bad_fields);
}

/// One node's web server: asks it for its log and gives on what is new in it.
class Router {
  public:
    using Settings = isems::Settings;

    static bridge::BridgeFacts facts() {
        return {"isems2mqtt",
                "isems",
                "127.0.0.1:9304",
                "Publishes the logs of ISEMS solar nodes to MQTT.",
                bridge::Naming::by_sample,
                {"Solar node", "Solarknoten", "", "", "ISEMS"},
                true};
    }

    /// `known`: of all routers, for a node may be reached in several ways.
    Router(bridge::SourceContext context, Settings const& settings, KnownLines& known)
        : context_(std::move(context)),
          interval_(settings.interval),
          known_(known),
          pause_(context_.loop),
          up_(context_.metrics.gauge("isems2mqtt_router_up", "1 while the web server gives a log.",
                                     {{"router", context_.target.name}})) {
        // Checked while the settings were read.
        if (auto const address = bridge::parse_address(context_.target.address, http_port))
            server_ = *address;
    }

    bridge::Session run(bridge::Emit emit) {
        for (;;) {
            auto const begun = std::chrono::steady_clock::now();
            auto polling = poll();
            auto const log = co_await std::move(polling);
            up_.set(log ? 1 : 0);
            if (!log) co_return log.error();
            Result<> const given = give(context_, *log, emit, known_);
            if (!given) co_return given.error();
            pause_.expires_at(begun + interval_);
            auto [cancelled] = co_await pause_.async_wait(token);
            if (cancelled) co_return Error{Errc::closed, "stopped"};
        }
    }

    /// A log, however it came.
    Result<> take(bridge::Bytes bytes, bridge::Timestamp received, bridge::Emit const& emit) {
        auto const log = decode_log(bytes, received);
        return log ? give(context_, *log, emit, known_) : Result<>(log.error());
    }

    static Result<std::string> redact(bridge::Bytes bytes, bridge::Pseudonyms& names) {
        return isems::redact(bytes, names);
    }

    /// Lines that a node has published, up to five, oldest first.
    static void hear(bridge::SourceContext const& context, bridge::MqttMessage const& message,
                     bridge::Emit const& emit, KnownLines& known) {
        if (!bridge::is_set(now())) return;
        // A message is whole: its last line is not cut, though nothing may end it.
        auto const text = message.payload.ends_with('\n') ? message.payload : message.payload + '\n';
        auto const log = read_log(context, bridge::as_bytes(text));
        if (!log) {
            context.log.debug("node_topic", "refused",
                              {{"topic", message.topic}, {"detail", log.error().detail}});
            context.metrics
                .counter("isems2mqtt_rejected_messages_total",
                         "Messages on the nodes' topics that are no log.")
                .add();
            return;
        }
        (void)give(context, *log, emit, known);  // a message has no session that an error would end
    }

  private:
    /// Publishes what is new in it.
    static Result<> give(bridge::SourceContext const& context, Log const& log, bridge::Emit const& emit,
                         KnownLines& known) {
        count(context, log);
        for (auto& sample : known.take_new(log.samples)) {
            context.conditions(sample.device, sample.time, conditions(sample));
            emit(std::move(sample));
        }
        if (log.samples.empty()) return why_nothing(log);
        return {};
    }

    /// The node's log, from the path where it was the last time or from the other one.
    asio::awaitable<Result<Log>> poll() {
        // A line's date is judged by our clock, so that must be right; the node keeps its lines for a while.
        if (!bridge::is_set(now())) co_return Error{Errc::io, "this host's clock is not set"};
        Result<Log> log = Error{Errc::unsupported, "has no log"};
        for (std::size_t tried = 0; tried < log_paths.size(); ++tried) {
            auto get = request();
            auto getting = bridge::http_get(std::move(get));
            auto const reply = co_await std::move(getting);
            if (!reply) co_return reply.error();
            log = read_answer(context_, *reply);
            if (log || log.error().code != Errc::unsupported) co_return log;
            path_ = (path_ + 1) % log_paths.size();
        }
        co_return log;
    }

    [[nodiscard]] HttpGet request() const {
        HttpGet get;
        get.server = server_;
        get.path = log_paths[path_];
        get.deadline = std::clamp<milliseconds>(interval_, shortest_poll, longest_poll);
        return get;
    }

    bridge::SourceContext context_;
    bridge::Address server_;
    milliseconds interval_;
    KnownLines& known_;
    asio::steady_timer pause_;
    bridge::Gauge& up_;
    std::size_t path_ = 0;
};

}  // namespace

}  // namespace isems

int main(int argc, char** argv) {
    isems::KnownLines known;
    return bridge::run_bridge<isems::Router>(argc, argv, known);
}
