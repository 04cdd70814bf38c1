// SPDX-License-Identifier: MIT
#include "luxtronik_modbus.hpp"

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
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <set>
#include <utility>
#include <vector>

namespace devsim {

namespace asio = boost::asio;
using asio::ip::tcp;
using Effect = CueKind::Effect;

namespace {

constexpr auto token = asio::as_tuple(asio::use_awaitable);

constexpr std::array<CueKind, 8> cues = {{
    {"modbus_stall", Effect::span, "", "Modbus requests get no answer; the connection stays"},
    {"modbus_reset", Effect::span, "", "a Modbus request resets its connection"},
    {"modbus_cut", Effect::span, "|N", "Modbus answers end after N bytes (0), and the connection with them"},
    {"modbus_wrong_id", Effect::span, "", "Modbus answers carry another request's number"},
    {"modbus_busy", Effect::span, "", "every Modbus request is refused as busy"},
    {"modbus_single", Effect::span, "", "a second Modbus client is refused"},
    {"modbus_hole", Effect::span, "N", "the Modbus register N is gone"},
    {"modbus_old", Effect::span, "", "the Modbus registers show version 3.89.0"},
}};

/// What a request or an answer begins with: whose it is (2 bytes), 0 (2), how many bytes follow (2), unit
/// (1).
using Header = std::array<unsigned char, 7>;
constexpr std::size_t longest_frame = 254;  ///< unit included
constexpr int first_address = 10'000;

enum Function : unsigned char { read_holdings = 3, read_inputs = 4, write_one = 6, write_many = 16 };
enum Exception : unsigned char { illegal_function = 1, illegal_address = 2, illegal_value = 3, busy = 6 };

std::uint16_t word(std::span<unsigned char const> bytes, std::size_t at) {
    return static_cast<std::uint16_t>(bytes[at] << 8U | bytes[at + 1]);
}

void put(std::string& bytes, unsigned value) {
    bytes += static_cast<char>(value >> 8U & 0xffU);
    bytes += static_cast<char>(value & 0xffU);
}

std::string refusal(unsigned char function, int exception) {
    return {static_cast<char>(function | 0x80U), static_cast<char>(exception)};
}

}  // namespace

std::span<CueKind const> modbus_cues() { return cues; }

ModbusFaults modbus_faults(FaultScript const& script, DeviceTime time) {
    ModbusFaults faults;
    faults.stall = script.lasting("modbus_stall", time) != nullptr;
    faults.reset = script.lasting("modbus_reset", time) != nullptr;
    faults.wrong_id = script.lasting("modbus_wrong_id", time) != nullptr;
    faults.busy = script.lasting("modbus_busy", time) != nullptr;
    faults.single = script.lasting("modbus_single", time) != nullptr;
    faults.old = script.lasting("modbus_old", time) != nullptr;
    if (Cue const* cut = script.lasting("modbus_cut", time))
        faults.cut_after = bridge::to_number<std::size_t>(cut->value).value_or(0);
    if (Cue const* hole = script.lasting("modbus_hole", time))
        faults.hidden = bridge::to_number<int>(hole->value);
    return faults;
}

/// Kept alive by its own connections; they end when it is closed.
class LuxtronikModbus::Impl : public std::enable_shared_from_this<Impl> {
  public:
    Impl(tcp::acceptor acceptor, Device device, bridge::Log log)
        : acceptor_(std::move(acceptor)),
          lapse_(acceptor_.get_executor()),
          device_(std::move(device)),
          log_(log) {}

    void start() {
        auto const self = shared_from_this();
        asio::co_spawn(acceptor_.get_executor(), accept(self), asio::detached);
        asio::co_spawn(acceptor_.get_executor(), watch(self), asio::detached);
    }

    void close() {
        boost::system::error_code ignored;
        (void)acceptor_.close(ignored);
        lapse_.cancel();
        for (tcp::socket* open : open_) (void)open->close(ignored);
        device_.house = {};
        device_.time = {};
        device_.faults = {};
        device_.changed = {};
    }

    [[nodiscard]] std::uint16_t port() const {
        boost::system::error_code ignored;
        return acceptor_.local_endpoint(ignored).port();
    }
    [[nodiscard]] std::uint64_t requests() const { return requests_; }

  private:
    static asio::awaitable<void> accept(std::shared_ptr<Impl> self) {
        while (self->acceptor_.is_open()) {
            auto [failed, socket] = co_await self->acceptor_.async_accept(token);
            if (failed || !self->acceptor_.is_open()) continue;
            if (self->device_.faults().single && !self->open_.empty()) {
                reset(socket);
                continue;
            }
            auto serving = serve(self, std::move(socket));
            asio::co_spawn(self->acceptor_.get_executor(), std::move(serving), asio::detached);
        }
    }

    /// Lets what was written lapse when its time is over.
    static asio::awaitable<void> watch(std::shared_ptr<Impl> self) {
        while (self->acceptor_.is_open()) {
            self->device_.registers.let_lapse(self->device_.time());
            self->device_.registers.follow(self->device_.house());
            self->tell_changes();
            self->lapse_.expires_after(std::chrono::milliseconds(50));
            co_await self->lapse_.async_wait(token);
        }
    }

    static asio::awaitable<void> serve(std::shared_ptr<Impl> self, tcp::socket socket) {
        boost::system::error_code ignored;
        (void)socket.set_option(tcp::no_delay(true), ignored);
        self->open_.insert(&socket);
        for (bool goes_on = true; goes_on && self->acceptor_.is_open();) {
            Header header{};
            auto [no_header, header_size] = co_await asio::async_read(socket, asio::buffer(header), token);
            std::size_t const rest = word(header, 4);
            if (no_header || word(header, 2) != 0 || rest < 2 || rest > longest_frame) break;
            std::vector<unsigned char> request(rest - 1);
            auto [no_rest, size] = co_await asio::async_read(socket, asio::buffer(request), token);
            if (no_rest || !self->acceptor_.is_open()) break;
            auto answering = answer(self, socket, header, request);
            goes_on = co_await std::move(answering);
        }
        self->open_.erase(&socket);
    }

    /// False: the connection ends.
    static asio::awaitable<bool> answer(std::shared_ptr<Impl> self, tcp::socket& socket, Header header,
                                        std::vector<unsigned char> request) {
        ++self->requests_;
        auto const faults = self->device_.faults();
        if (faults.stall) co_return true;
        if (faults.reset) {
            reset(socket);
            co_return false;
        }
        std::string const body = self->obey(request, faults);
        self->tell_changes();
        std::string bytes;
        put(bytes, word(header, 0) + (faults.wrong_id ? 1U : 0U));
        put(bytes, 0);
        put(bytes, static_cast<unsigned>(body.size() + 1));
        bytes += static_cast<char>(header[6]);
        bytes += body;
        bool const cut = faults.cut_after && *faults.cut_after < bytes.size();
        if (cut) bytes.resize(*faults.cut_after);
        auto [failed, size] = co_await asio::async_write(socket, asio::buffer(bytes), token);
        co_return !failed && !cut;
    }

    /// The function and what belongs to it.
    std::string obey(std::span<unsigned char const> request, ModbusFaults const& faults) {
        unsigned char const function = request[0];
        if (faults.busy) return refusal(function, busy);
        auto& registers = device_.registers;
        registers.let_lapse(device_.time());
        registers.asked(device_.time());
        registers.hide(faults.hidden);
        registers.show_release(faults.old ? std::optional(LuxtronikRelease{3, 89, 0}) : std::nullopt);
        if (function == read_inputs || function == read_holdings) return read(request);
        if (function == write_one || function == write_many) return write(request);
        return refusal(function, illegal_function);
    }

    std::string read(std::span<unsigned char const> request) {
        unsigned char const function = request[0];
        if (request.size() != 5) return refusal(function, illegal_value);
        int const index = word(request, 1) - first_address;
        int const count = word(request, 3);
        if (count < 1 || count > 125) return refusal(function, illegal_value);
        auto const& registers = device_.registers;
        auto const answer = function == read_inputs ? registers.read_inputs(device_.house(), index, count)
                                                    : registers.read_holdings(index, count);
        if (answer.refused) return refusal(function, static_cast<int>(*answer.refused));
        std::string bytes{static_cast<char>(function), static_cast<char>(2 * count)};
        for (auto const value : answer.values) put(bytes, value);
        return bytes;
    }

    std::string write(std::span<unsigned char const> request) {
        unsigned char const function = request[0];
        if (request.size() < 5) return refusal(function, illegal_value);
        int const index = word(request, 1) - first_address;
        std::vector<std::uint16_t> values = {word(request, 3)};
        if (function == write_many) {
            std::size_t const count = word(request, 3);
            if (count < 1 || count > 123 || request.size() != 6 + 2 * count || request[5] != 2 * count)
                return refusal(function, illegal_value);
            values.clear();
            for (std::size_t i = 0; i < count; ++i) values.push_back(word(request, 6 + 2 * i));
        }
        if (auto const refused = device_.registers.write(index, values)) {
            log_.warn("smart_home", "write_refused",
                      {{"index", std::int64_t{index}}, {"exception", static_cast<std::int64_t>(*refused)}});
            return refusal(function, static_cast<int>(*refused));
        }
        // Where it began, and the value or how many.
        return std::string(reinterpret_cast<char const*>(request.data()), 5);
    }

    void tell_changes() {
        auto const changes = device_.registers.take_changes();
        if (!changes.empty()) device_.changed(device_.registers);
        for (auto const& change : changes) {
            log_.info("smart_home", "holding",
                      {{"index", std::int64_t{change.index}},
                       {"value", std::int64_t{change.value}},
                       {"by", change.lapsed ? "lapse" : "write"}});
        }
    }

    tcp::acceptor acceptor_;
    asio::steady_timer lapse_;
    Device device_;
    bridge::Log log_;
    std::set<tcp::socket*> open_;
    std::uint64_t requests_ = 0;
};

bridge::Result<std::unique_ptr<LuxtronikModbus>> LuxtronikModbus::open(asio::any_io_executor loop,
                                                                       std::string const& address,
                                                                       std::uint16_t port, Device device,
                                                                       bridge::Log log) {
    auto acceptor = listen_at(std::move(loop), address, port);
    if (!acceptor) return acceptor.error();
    auto impl = std::make_shared<Impl>(std::move(*acceptor), std::move(device), log);
    impl->start();
    return std::unique_ptr<LuxtronikModbus>(new LuxtronikModbus(std::move(impl)));
}

LuxtronikModbus::~LuxtronikModbus() { impl_->close(); }
std::uint16_t LuxtronikModbus::port() const { return impl_->port(); }
std::uint64_t LuxtronikModbus::requests() const { return impl_->requests(); }

}  // namespace devsim
