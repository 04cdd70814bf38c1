// SPDX-License-Identifier: MIT
#include "luxtronik_server.hpp"

#include <bridge/text.hpp>

#include "tcp_listener.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <limits>
#include <set>
#include <string>
#include <utility>

namespace devsim {

namespace asio = boost::asio;
using asio::ip::tcp;
using Effect = CueKind::Effect;
using Clock = std::chrono::steady_clock;

namespace {

constexpr auto token = asio::as_tuple(asio::use_awaitable);

constexpr std::int32_t write_parameter = 3002;
constexpr std::int32_t read_parameters = 3003;
constexpr std::int32_t read_calculations = 3004;
constexpr std::int32_t read_visibilities = 3005;

constexpr std::array<CueKind, 15> cues = {{
    {"cut", Effect::span, "|N", "connections are closed after N bytes of answers (0)"},
    {"reset", Effect::span, "|N", "connections are reset after N bytes of answers (0)"},
    {"stall", Effect::span, "|N", "nothing comes after N bytes of answers (0); the connection stays"},
    {"dribble", Effect::span, "|N", "the bytes come one by one, N ms apart (0)"},
    {"echo", Effect::span, "parameters|calculations|visibilities",
     "the answer for this block carries another command"},
    {"length", Effect::span, "negative|huge|short|long|zero",
     "announced: -1 values, 2147483647, one too few, one too many; zero: there are none"},
    {"twice", Effect::span, "", "each answer comes twice"},
    {"busy", Effect::span, "|negative", "the calculations come with status 1, or -1"},
    {"off", Effect::span, "", "it is off or starting: connections are reset, new ones too"},
    {"discovery", Effect::span, "silent|echo|twice|no-port|high-port|garbage",
     "what comes of a search by UDP: nothing, the question too, all twice, no TCP port, one that is none, "
     "no answer of a controller"},
    {"late", Effect::span, "N", "what is written shows N ms after it was acknowledged"},
    {"ignore", Effect::span, "", "a write is acknowledged and changes nothing"},
    {"ack", Effect::span, "wrong|none",
     "a write is obeyed; its acknowledgement names another, or does not come"},
    {"reboot", Effect::span, "",
     "a write is obeyed without an acknowledgement, then the controller hangs for 10 s and is away for 102 "
     "s, as "
     "V1.90.0 and V2.90.0 always do"},
    {"single", Effect::span, "", "one client at a time, others are turned away"},
}};

std::size_t number_of(Cue const& cue) { return bridge::to_number<std::size_t>(cue.value).value_or(0); }

std::optional<std::size_t> after(FaultScript const& script, std::string_view name, DeviceTime time) {
    Cue const* cue = script.lasting(name, time);
    return cue ? std::optional(number_of(*cue)) : std::nullopt;
}

void put(std::string& bytes, std::int64_t number) {
    auto const bits = static_cast<std::uint32_t>(number);
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(bits >> shift & 0xffU);
}

std::int32_t number_at(std::span<unsigned char const, 8> bytes, std::size_t offset) {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 4; ++i) number = number * 256 + bytes[offset + i];
    return static_cast<std::int32_t>(number);
}

std::string answer(std::int32_t command, LuxtronikLists const& lists, LuxtronikFaults const& faults) {
    std::string bytes;
    put(bytes, command == faults.wrong_echo_to ? read_parameters + (command + 1) % 3 : command);
    if (command == read_calculations) put(bytes, faults.status);
    if (faults.empty) {
        put(bytes, 0);
        return bytes;
    }
    auto const announce = [&](std::size_t size) {
        put(bytes, faults.announced.value_or(static_cast<std::int32_t>(size) + faults.announced_more));
    };
    if (command == read_visibilities) {
        announce(lists.visibilities.size());
        for (auto const value : lists.visibilities) bytes += static_cast<char>(value);
        return bytes;
    }
    auto const& values = command == read_parameters ? lists.parameters : lists.calculations;
    announce(values.size());
    for (auto const value : values) put(bytes, value);
    return bytes;
}

}  // namespace

std::span<CueKind const> luxtronik_cues() { return cues; }

LuxtronikFaults luxtronik_faults(FaultScript const& script, DeviceTime time) {
    LuxtronikFaults faults;
    faults.cut_after = after(script, "cut", time);
    faults.reset_after = after(script, "reset", time);
    faults.stall_after = after(script, "stall", time);
    if (Cue const* cue = script.lasting("dribble", time)) {
        faults.dribble = true;
        faults.dribble_pause = std::chrono::milliseconds(number_of(*cue));
    }
    if (Cue const* cue = script.lasting("echo", time)) {
        faults.wrong_echo_to = cue->value == "parameters"     ? read_parameters
                               : cue->value == "calculations" ? read_calculations
                                                              : read_visibilities;
    }
    if (Cue const* cue = script.lasting("length", time)) {
        if (cue->value == "negative") faults.announced = -1;
        if (cue->value == "huge") faults.announced = std::numeric_limits<std::int32_t>::max();
        if (cue->value == "short") faults.announced_more = -1;
        if (cue->value == "long") faults.announced_more = 1;
        faults.empty = cue->value == "zero";
    }
    faults.twice = script.lasting("twice", time) != nullptr;
    if (Cue const* cue = script.lasting("busy", time)) faults.status = cue->value == "negative" ? -1 : 1;
    faults.off = script.lasting("off", time) != nullptr;
    if (Cue const* cue = script.lasting("late", time))
        faults.shows_after = std::chrono::milliseconds(number_of(*cue));
    faults.ignores_writes = script.lasting("ignore", time) != nullptr;
    if (Cue const* cue = script.lasting("ack", time)) {
        faults.acknowledges = cue->value == "none" ? LuxtronikFaults::Acknowledges::nothing
                                                   : LuxtronikFaults::Acknowledges::another;
    }
    faults.restarts_on_write = script.lasting("reboot", time) != nullptr;
    faults.one_client = script.lasting("single", time) != nullptr;
    return faults;
}

/// Kept alive by its own connections; they end when it is closed.
class LuxtronikServer::Impl : public std::enable_shared_from_this<Impl> {
  public:
    Impl(tcp::acceptor acceptor, Device device, bridge::Log log)
        : acceptor_(std::move(acceptor)),
          restart_(acceptor_.get_executor()),
          device_(std::move(device)),
          log_(log) {}

    void start() {
        auto const self = shared_from_this();
        asio::co_spawn(acceptor_.get_executor(), accept(self), asio::detached);
    }

    void close() {
        boost::system::error_code ignored;
        (void)acceptor_.close(ignored);
        restart_.cancel();
        for (tcp::socket* open : open_) (void)open->close(ignored);
        device_ = {};
    }

    [[nodiscard]] std::uint16_t port() const {
        boost::system::error_code ignored;
        return acceptor_.local_endpoint(ignored).port();
    }
    [[nodiscard]] std::uint64_t reads() const { return reads_; }
    [[nodiscard]] std::uint64_t writes() const { return writes_; }

  private:
    /// What becomes of a connection.
    enum class Fate { goes_on, is_closed };

    static asio::awaitable<void> accept(std::shared_ptr<Impl> self) {
        while (self->acceptor_.is_open()) {
            auto [failed, socket] = co_await self->acceptor_.async_accept(token);
            if (failed) continue;
            if (self->turns_away()) {
                reset(socket);
                continue;
            }
            auto serving = serve(self, std::move(socket));
            asio::co_spawn(self->acceptor_.get_executor(), std::move(serving), asio::detached);
        }
    }

    static asio::awaitable<void> serve(std::shared_ptr<Impl> self, tcp::socket socket) {
        boost::system::error_code ignored;
        (void)socket.set_option(tcp::no_delay(true), ignored);
        self->open_.insert(&socket);
        std::size_t sent = 0;
        Fate fate = Fate::goes_on;
        while (fate == Fate::goes_on && self->acceptor_.is_open()) {
            std::array<unsigned char, 8> request{};
            auto [ended, size] = co_await asio::async_read(socket, asio::buffer(request), token);
            if (ended || !self->acceptor_.is_open()) break;
            if (number_at(request, 0) == write_parameter) {
                std::array<unsigned char, 8> value{};
                auto [cut, more] = co_await asio::async_read(socket, asio::buffer(value.data(), 4), token);
                if (cut || !self->acceptor_.is_open()) break;
                std::string const acknowledgement = self->write(number_at(request, 4), number_at(value, 0));
                // Without one the connection stays as it is.
                auto [lost, size_sent] =
                    co_await asio::async_write(socket, asio::buffer(acknowledgement), token);
                if (lost) break;
                continue;
            }
            auto thawing = self->thaw();
            co_await std::move(thawing);
            if (!socket.is_open() || !self->acceptor_.is_open()) break;
            if (self->device_.faults().off) {
                reset(socket);
                break;
            }
            std::string const bytes = self->obey(request);
            if (bytes.empty()) break;
            auto sending = send(self, socket, bytes, sent);
            fate = co_await std::move(sending);
        }
        self->open_.erase(&socket);
    }

    /// The acknowledgement; empty: none.
    std::string write(std::int32_t index, std::int32_t value) {
        auto const faults = device_.faults();
        ++writes_;
        log_.info("luxtronik", "written", {{"index", std::int64_t{index}}, {"value", std::int64_t{value}}});
        if (!faults.ignores_writes) device_.write(static_cast<std::size_t>(index), value);
        if (faults.restarts_on_write) restart(faults);
        bool const silent =
            faults.restarts_on_write || faults.acknowledges == LuxtronikFaults::Acknowledges::nothing;
        if (silent) return {};
        bool const another = faults.acknowledges == LuxtronikFaults::Acknowledges::another;
        std::string bytes;
        put(bytes, write_parameter);
        put(bytes, another ? index + 1 : index);
        return bytes;
    }

    /// Hangs with all its connections, then loses them, and is away for a while.
    void restart(LuxtronikFaults const& faults) {
        log_.warn("luxtronik", "restarts");
        frozen_until_ = Clock::now() + faults.hangs_for;
        away_until_ = frozen_until_ + faults.away_for;
        restart_.expires_at(frozen_until_);
        restart_.async_wait([self = weak_from_this()](boost::system::error_code cancelled) {
            auto const server = self.lock();
            if (cancelled || !server) return;
            for (tcp::socket* open : server->open_) reset(*open);
        });
    }

    [[nodiscard]] bool turns_away() const {
        bool const away = Clock::now() >= frozen_until_ && Clock::now() < away_until_;
        auto const faults = device_.faults();
        return away || faults.off || (faults.one_client && !open_.empty());
    }

    /// Until it hangs no more.
    asio::awaitable<void> thaw() {
        if (Clock::now() >= frozen_until_) co_return;
        asio::steady_timer timer(acceptor_.get_executor(), frozen_until_);
        co_await timer.async_wait(token);
    }

    /// The answer; empty: none, and the connection ends.
    std::string obey(std::span<unsigned char const, 8> request) {
        auto const command = number_at(request, 0);
        if (command < read_parameters || command > read_visibilities) {
            log_.warn("luxtronik", "unknown request", {{"command", std::int64_t{command}}});
            return {};
        }
        ++reads_;
        auto const faults = device_.faults();
        auto const once = answer(command, device_.lists(), faults);
        return faults.twice ? once + once : once;
    }

    /// Sends up to where the fault of the moment lets it; `sent` counts for the whole connection.
    static asio::awaitable<Fate> send(std::shared_ptr<Impl> self, tcp::socket& socket, std::string bytes,
                                      std::size_t& sent) {
        auto const faults = self->device_.faults();
        std::size_t room = bytes.size();
        for (auto const& limit : {faults.cut_after, faults.reset_after, faults.stall_after}) {
            if (limit) room = std::min(room, *limit > sent ? *limit - sent : 0);
        }
        std::size_t const step = faults.dribble ? 1 : room;
        for (std::size_t done = 0; done < room; done += step) {
            auto const part = asio::buffer(bytes.data() + done, step);
            auto [failed, size] = co_await asio::async_write(socket, part, token);
            if (failed) co_return Fate::is_closed;
            sent += size;
            if (!faults.dribble) continue;
            // Also without a pause the reader has its turn between two bytes.
            asio::steady_timer timer(socket.get_executor(), faults.dribble_pause);
            co_await timer.async_wait(token);
        }
        bool const limited = faults.cut_after || faults.reset_after || faults.stall_after;
        if (!limited || (room == bytes.size() && !at_limit(faults, sent))) co_return Fate::goes_on;
        if (faults.stall_after && sent >= *faults.stall_after) {
            // Until the reader gives up.
            std::array<char, 64> unheard{};
            for (boost::system::error_code ended; !ended;) {
                auto [failed, size] = co_await socket.async_read_some(asio::buffer(unheard), token);
                ended = failed;
            }
        }
        if (faults.reset_after) reset(socket);
        co_return Fate::is_closed;
    }

    static bool at_limit(LuxtronikFaults const& faults, std::size_t sent) {
        for (auto const& limit : {faults.cut_after, faults.reset_after, faults.stall_after}) {
            if (limit && sent >= *limit) return true;
        }
        return false;
    }

    tcp::acceptor acceptor_;
    asio::steady_timer restart_;
    Clock::time_point frozen_until_{};
    Clock::time_point away_until_{};
    Device device_;
    bridge::Log log_;
    std::set<tcp::socket*> open_;
    std::uint64_t reads_ = 0;
    std::uint64_t writes_ = 0;
};

bridge::Result<std::unique_ptr<LuxtronikServer>> LuxtronikServer::open(asio::any_io_executor loop,
                                                                       std::string const& address,
                                                                       std::uint16_t port, Device device,
                                                                       bridge::Log log) {
    auto acceptor = listen_at(std::move(loop), address, port);
    if (!acceptor) return acceptor.error();
    auto impl = std::make_shared<Impl>(std::move(*acceptor), std::move(device), log);
    impl->start();
    return std::unique_ptr<LuxtronikServer>(new LuxtronikServer(std::move(impl)));
}

LuxtronikServer::~LuxtronikServer() { impl_->close(); }
std::uint16_t LuxtronikServer::port() const { return impl_->port(); }
std::uint64_t LuxtronikServer::reads() const { return impl_->reads(); }
std::uint64_t LuxtronikServer::writes() const { return impl_->writes(); }

}  // namespace devsim
