// SPDX-License-Identifier: MIT
#include "decode.hpp"
#include "fields.hpp"
#include "meter.hpp"
#include "port.hpp"

#include <bridge/run_bridge.hpp>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace mfm {

namespace {

namespace asio = boost::asio;
using bridge::Errc;
using bridge::Error;
using bridge::Options;
using bridge::Result;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t longest_line = 1024;
constexpr auto silence = seconds(30);  // longer than the firmware's longest start

struct Settings {
    std::vector<bridge::Target> targets = {{"mains", "/dev/ttyAMA0"}};
    milliseconds interval{1000};
    Nominal nominal = Nominal::automatic;

    static void bind(Options& options, Settings& settings);
    [[nodiscard]] milliseconds stale_after() const {
        return std::max<milliseconds>(interval, seconds(1)) + milliseconds(900);
    }
    [[nodiscard]] bridge::Backoff::Limits retry(bridge::Target const& target) const {
        if (is_network(target.address)) return {};
        return {milliseconds(250), milliseconds(250)};
    }
    [[nodiscard]] bridge::FieldTable fields() const { return mfm::fields(interval); }
};

void Settings::bind(Options& options, Settings& settings) {
    options.add_targets(
        "mfm", "serial_port", settings.targets, "mains",
        "the board's serial port, or tcp://host:port of a serial server; name=port,name=port for several");
    options.require([&settings]() -> Result<> {
        for (auto const& target : settings.targets) {
            auto const checked = check_address(target.address);
            if (!checked)
                return Error{Errc::config,
                             "[mfm] serial_port = \"" + target.address + "\": " + checked.error().detail};
        }
        return {};
    });
    options.add("mfm", "scrape_interval", settings.interval, "one reading in this time, from all lines in it")
        .alias("SCRAPE_INTERVAL")
        .range(0.1, 86400);
    options
        .add_choice<Nominal>("mfm", "nominal_frequency", settings.nominal,
                             "of the mains, in Hz; auto: the nearer",
                             {{"auto", Nominal::automatic}, {"50", Nominal::hz_50}, {"60", Nominal::hz_60}})
        .alias("NOMINAL_FREQUENCY");
    options.retired("MQTT_WILL", "the last will is always on <topic>/bridge/state");
}

bridge::Timestamp now() {
    return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
}

/// One board: keeps its port open, and counts and uses every line.
class Board {
  public:
    using Settings = mfm::Settings;

    static bridge::BridgeFacts facts() {
        return {"mfm2mqtt",
                "mfm",
                "127.0.0.1:9301",
                "Publishes the frequency of the mains, from a serial board, to MQTT.",
                bridge::Naming::by_target,
                {"Mains frequency meter", "Netzfrequenzmesser", "mains"}};
    }

    Board(bridge::SourceContext context, Settings const& settings)
        : context_(std::move(context)),
          meter_(settings.nominal),
          windows_{Window(settings.interval)},
          ticker_(context_.loop) {
        if (has_slow_channel(settings.interval))
            windows_.emplace_back(slow_interval, std::string(slow_channel));
    }

    bridge::Session run(bridge::Emit emit) {
        auto opening = open_port(context_.target.address);
        auto opened = co_await std::move(opening);
        if (!opened) co_return opened.error();
        asio::posix::stream_descriptor port = std::move(*opened);
        context_.log.info("port", "opened",
                          {{"device", context_.target.name}, {"target", context_.target.address}});
        begin(emit, port);
        std::array<char, 4096> buffer{};
        Result<> ended;
        while (ended) {
            auto [failed, size] =
                co_await port.async_read_some(asio::buffer(buffer), asio::as_tuple(asio::use_awaitable));
            take_bytes(std::string_view(buffer.data(), size));
            if (failed) ended = why_ended(failed);
        }
        ticker_.cancel();
        finish(emit_);
        co_return ended;
    }

    /// A line without its CR LF, BEL before it included.
    Result<> take(bridge::Bytes line, bridge::Timestamp received, bridge::Emit const& emit) {
        context_.record(received, line);
        if (starts_anew(line)) meter_.reset();
        auto const decoded = decode_line(line);
        if (!decoded) {
            if (decoded.error().code != Errc::malformed) meter_.reset();
            context_.log.debug("line", "refused",
                               {{"device", context_.target.name}, {"detail", decoded.error().detail}});
            refuse(to_string(decoded.error().code));
            return decoded.error();
        }
        count_line(decoded->protocol);
        for (auto const& measurement : meter_.accept({received, decoded->frequency_mhz})) {
            for (auto& window : windows_) {
                if (auto sample = window.add(measurement)) emit(std::move(*sample));
            }
        }
        count_unbelieved();
        return {};
    }

    void finish(bridge::Emit const& emit) {
        for (auto& window : windows_) {
            if (auto sample = window.finish()) emit(std::move(*sample));
        }
        meter_.open();
    }

    /// A line says nothing of where it was measured.
    static Result<std::string> redact(bridge::Bytes line, bridge::Pseudonyms&) {
        return std::string(bridge::as_text(line));
    }

  private:
    void begin(bridge::Emit emit, asio::posix::stream_descriptor& port) {
        emit_ = std::move(emit);
        pending_.clear();
        silent_ = false;
        last_bytes_ = std::chrono::steady_clock::now();
        tick(port);
    }

    [[nodiscard]] Error why_ended(boost::system::error_code failed) const {
        if (silent_) return Error{Errc::timed_out, "the board is silent"};
        if (failed == asio::error::eof) return Error{Errc::closed, "the port is gone"};
        return Error{Errc::closed, failed.message()};
    }

    /// Ends each interval in time, and a session whose line has gone dead.
    void tick(asio::posix::stream_descriptor& port) {
        auto const wait = windows_.front().end(now()) - now();
        ticker_.expires_after(std::clamp<milliseconds>(wait, milliseconds(1), seconds(1)));
        ticker_.async_wait([this, &port](boost::system::error_code cancelled) {
            if (cancelled) return;
            for (auto& window : windows_) emit_if(window.close(now()));
            if (std::chrono::steady_clock::now() - last_bytes_ < silence) return tick(port);
            silent_ = true;
            boost::system::error_code ignored;
            (void)port.cancel(ignored);
        });
    }

    void take_bytes(std::string_view bytes) {
        if (!bytes.empty()) last_bytes_ = std::chrono::steady_clock::now();
        for (auto end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
            pending_ += bytes.substr(0, end);
            bytes.remove_prefix(end + 1);
            take_line(pending_);
            pending_.clear();
        }
        pending_ += bytes;
        if (pending_.size() > longest_line) {
            // What follows until the next line end belongs to it, and is no line either.
            pending_.resize(longest_line);
        }
    }

    void take_line(std::string_view line) {
        if (!line.ends_with('\r')) return refuse("malformed");
        line.remove_suffix(1);
        (void)take(bridge::as_bytes(line), now(), emit_);  // counted there
    }

    void emit_if(std::optional<bridge::Sample> sample) {
        if (sample) emit_(std::move(*sample));
    }

    void count_line(int protocol) {
        context_.metrics
            .counter("mfm2mqtt_lines_total", "Whole lines of the board.",
                     {{"device", context_.target.name}, {"protocol", std::to_string(protocol)}})
            .add();
    }

    void refuse(std::string_view reason) {
        context_.metrics
            .counter("mfm2mqtt_rejected_lines_total", "Lines that are no measurement.",
                     {{"device", context_.target.name}, {"reason", std::string(reason)}})
            .add();
    }

    void count_unbelieved() {
        auto& counter = context_.metrics.counter(
            "mfm2mqtt_unsettled_lines_total", "Whole lines not believed: the ramp after a start, and jumps.",
            {{"device", context_.target.name}});
        counter.add(meter_.refused() - counter.value());
    }

    bridge::SourceContext context_;
    Meter meter_;
    std::vector<Window> windows_;  ///< the device's own reading, and the slow channel if there is one
    asio::steady_timer ticker_;
    bridge::Emit emit_;
    std::string pending_;
    std::chrono::steady_clock::time_point last_bytes_;
    bool silent_ = false;
};

}  // namespace

}  // namespace mfm

int main(int argc, char** argv) { return bridge::run_bridge<mfm::Board>(argc, argv); }
