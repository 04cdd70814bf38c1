// SPDX-License-Identifier: MIT
#include "smart_home_session.hpp"

#include <bridge/file.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <fstream>
#include <random>
#include <sstream>
#include <utility>

namespace luxtronik {

namespace asio = boost::asio;
using bridge::Errc;
using bridge::Error;
using bridge::Outcome;
using bridge::Result;
using std::chrono::milliseconds;
using State = Outcome::State;

namespace {

constexpr auto token = asio::as_tuple(asio::use_awaitable);
/// The controller forgets after ten minutes without anything read or written. Whether reading is enough is
/// not certain, so what is held is written again too.
constexpr auto keep_up_interval = std::chrono::minutes(4);
constexpr milliseconds most_pause_while_held = std::chrono::minutes(1);
constexpr int read_back_tries = 6;
constexpr auto read_back_pause = milliseconds(250);

bridge::Timestamp now() {
    return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
}

std::string content_of(std::string const& path) {
    std::ostringstream text;
    if (!path.empty()) text << std::ifstream(path).rdbuf();
    return text.str();
}

/// A holding alone, as a poll would have it.
std::optional<bridge::Value> shown(Register const& holding, std::uint16_t word) {
    return register_value(holding, Registers{{holding.place, word}});
}

}  // namespace

SmartHomeSession::SmartHomeSession(bridge::SourceContext const& context, Settings settings)
    : context_(context),
      settings_(std::move(settings)),
      reader_(modbus_, settings_.selection),
      timer_(context_.loop),
      tried_(context_.loop),
      backoff_(bridge::Backoff::Limits{}, std::random_device{}()) {
    kept_ = content_of(file());
    overrides_ = Overrides::left_behind(kept_);
    left_behind_ = !overrides_.empty();
}

void SmartHomeSession::finish() { modbus_.finish(overrides_.release()); }

SmartHomeSession::~SmartHomeSession() {
    finish();
    Result<> const released = modbus_.finished();
    if (overrides_.empty()) return;
    if (!released) {
        context_.log.warn("overrides", "not_released",
                          {{"device", context_.target.name},
                           {"detail", released.error().detail + "; they lapse within ten minutes"}});
        return;
    }
    note_released("the bridge stops");
}

void SmartHomeSession::begin(Listener listener) {
    if (std::exchange(running_, true)) return;
    listener_ = std::move(listener);
    auto running = run();
    asio::co_spawn(context_.loop, std::move(running),
                   asio::bind_cancellation_slot(stop_.slot(), [this](std::exception_ptr) {
                       running_ = false;
                       answers_ = false;
                       tried_.cancel();
                   }));
}

asio::awaitable<void> SmartHomeSession::end() {
    stop_.emit(asio::cancellation_type::terminal);
    while (running_) {
        tried_.expires_at(Clock::time_point::max());
        co_await tried_.async_wait(token);
    }
}

asio::awaitable<bool> SmartHomeSession::still_answers() {
    if (!running_) co_return false;
    timer_.cancel();
    tried_.expires_at(Clock::time_point::max());
    co_await tried_.async_wait(token);
    co_return answers_;
}

asio::awaitable<void> SmartHomeSession::run() {
    // A cancellation is answered where it is looked for; it must not be thrown out of here.
    co_await asio::this_coro::throw_if_cancelled(false);
    for (;;) {
        auto turning = turn();
        Result<> const turned = co_await std::move(turning);
        auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) break;
        note(turned);
        timer_.expires_after(turned ? pause() : backoff_.next());
        co_await timer_.async_wait(token);
        state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) break;
    }
    refuse_all("the bridge stops, or neither interface answers");
}

asio::awaitable<Result<>> SmartHomeSession::turn() {
    if (!modbus_.is_open()) {
        auto connecting = connect();
        Result<> const connected = co_await std::move(connecting);
        if (!connected) co_return connected;
    }
    auto obeying = obey_all();
    co_await std::move(obeying);
    auto reading = reader_.read_all();
    Result<Registers> const registers = co_await std::move(reading);
    if (!registers) co_return registers.error();
    auto const published = publish(*registers);
    if (!published) co_return published;
    auto keeping_up = keep_up(*registers);
    Result<> const kept_up = co_await std::move(keeping_up);
    co_return kept_up;
}

asio::awaitable<Result<>> SmartHomeSession::connect() {
    auto opening = modbus_.open(settings_.address);
    Result<> const opened = co_await std::move(opening);
    if (!opened) {
        co_return Error{
            opened.error().code,
            opened.error().detail +
                " (is the Smart Home Interface switched on at the controller? Firmware before V3.90.1 "
                "has none)"};
    }
    auto beginning = reader_.begin();
    Result<Release> const begun = co_await std::move(beginning);
    if (!begun) {
        modbus_.close();
        co_return begun.error();
    }
    if (!left_behind_) co_return Result<>();
    auto letting_go = let_go("an earlier run ended without");
    Result<> const let = co_await std::move(letting_go);
    co_return let;
}

Result<> SmartHomeSession::publish(Registers const& registers) {
    note_missing();
    auto const frame = smart_home_frame(registers);
    auto const taken = listener_.take(bridge::as_bytes(frame), now());
    if (!taken || undelivered_since_) return taken;
    undelivered_since_ = Clock::now();
    context_.when_delivered([this] { undelivered_since_.reset(); });
    return taken;
}

bool SmartHomeSession::broker_is_gone() const {
    return undelivered_since_ && Clock::now() - *undelivered_since_ >= settings_.grace;
}

milliseconds SmartHomeSession::pause() const {
    if (!requests_.empty()) return milliseconds(0);
    if (overrides_.empty()) return settings_.interval;
    return std::min({settings_.interval, most_pause_while_held, settings_.grace});
}

// --- overrides ---

asio::awaitable<Result<>> SmartHomeSession::keep_up(Registers const& registers) {
    if (overrides_.empty()) co_return Result<>();
    if (broker_is_gone()) {
        auto letting_go = let_go("the broker is away");
        Result<> const let = co_await std::move(letting_go);
        co_return let;
    }
    auto compared = overrides_.compare(registers);
    for (auto const& name : compared.taken_over) {
        context_.log.info("overrides", "taken_over", {{"device", context_.target.name}, {"name", name}});
    }
    if (!compared.forgotten.empty()) {
        context_.log.info("overrides", "forgotten",
                          {{"device", context_.target.name},
                           {"count", static_cast<std::int64_t>(compared.forgotten.size())},
                           {"detail", "the controller restarted, or lost them; they are written again"}});
    }
    note_overrides();
    auto const kept = Clock::now();
    bool const due = kept - kept_up_ >= keep_up_interval;
    auto writing = write_all(due ? overrides_.all() : std::move(compared.forgotten));
    Result<> const written = co_await std::move(writing);
    if (written && due) kept_up_ = kept;
    co_return written;
}

asio::awaitable<Result<>> SmartHomeSession::let_go(std::string why) {
    auto writing = write_all(overrides_.release());
    Result<> const written = co_await std::move(writing);
    if (!written) co_return written;
    note_released(why);
    co_return Result<>();
}

/// One that the controller does not take keeps no other from being written.
asio::awaitable<Result<>> SmartHomeSession::write_all(std::vector<RegisterWrite> writes) {
    Result<> all;
    for (auto const& write : writes) {
        auto writing = modbus_.write(write.index, write.value);
        Result<> const written = co_await std::move(writing);
        if (!written) all = written;
        if (!modbus_.is_open()) break;
    }
    co_return all;
}

void SmartHomeSession::obey(bridge::SetRequest request) {
    if (!answers_) {
        request.answer({State::refused, {}, "the Smart Home Interface does not answer"});
        return;
    }
    requests_.push_back(std::move(request));
    timer_.cancel();
}

void SmartHomeSession::refuse_all(std::string const& why) {
    for (auto& request : std::exchange(requests_, {})) request.answer({State::refused, {}, why});
}

asio::awaitable<void> SmartHomeSession::obey_all() {
    while (!requests_.empty() && modbus_.is_open()) {
        bridge::SetRequest request = std::move(requests_.front());
        requests_.pop_front();
        Register const* holding = holding_named(request.name());
        if (!holding) continue;  // nobody asks for one: the table says what there is
        auto carrying_out = carry_out(*holding, request);
        Outcome const outcome = co_await std::move(carrying_out);
        note_overrides();
        request.answer(outcome);
    }
}

asio::awaitable<Outcome> SmartHomeSession::carry_out(Register const& holding, bridge::SetRequest& request) {
    auto const raw = raw_of(holding, request.value());
    if (!raw) co_return Outcome{State::refused, {}, raw.error().detail};
    if (reader_.release() < holding.since || reader_.missing().contains(holding.place))
        co_return Outcome{State::refused, {}, "this controller's firmware does not have it"};
    auto looking = read_one(holding);
    Result<std::uint16_t> current = co_await std::move(looking);
    if (!current) co_return Outcome{State::refused, {}, current.error().detail};
    bool const unchanged = *current == *raw;
    auto const before = overrides_;
    if (!unchanged) {
        if (!request.may_tell()) co_return Outcome{State::refused, {}, "stopped"};
        // Whatever ends this, it is let go of.
        overrides_.expect(holding, *raw);
        note_overrides();
        auto writing = modbus_.write(holding.place.index, *raw);
        Result<> const written = co_await std::move(writing);
        bool const told = written || modbus_.is_open();
        if (!written) {
            if (told) overrides_ = before;
            co_return Outcome{told ? State::failed : State::unknown, shown(holding, *current),
                              written.error().detail};
        }
        for (int tries = 0; tries < read_back_tries; ++tries) {
            auto reading = read_one(holding);
            current = co_await std::move(reading);
            if (!current || *current == *raw) break;
            timer_.expires_after(read_back_pause);
            co_await timer_.async_wait(token);
        }
    }
    if (!current) co_return Outcome{State::unknown, {}, current.error().detail};
    if (*current != *raw) {
        overrides_ = before;
        co_return Outcome{State::failed, shown(holding, *current),
                          "the controller took it and did not do it"};
    }
    overrides_.set(holding, *raw);
    kept_up_ = Clock::now();
    auto ending = write_all(overrides_.end_of_mode(holding));
    (void)co_await std::move(ending);  // they have no effect any more
    co_return Outcome{unchanged ? State::unchanged : State::done, shown(holding, *raw), ""};
}

asio::awaitable<Result<std::uint16_t>> SmartHomeSession::read_one(Register const& holding) {
    auto reading = modbus_.read(holding.place, 1);
    Result<Words> const words = co_await std::move(reading);
    if (!words) co_return words.error();
    co_return words->front();
}

std::string SmartHomeSession::file() const {
    if (context_.state_dir.empty()) return {};
    return context_.state_dir + "/" + context_.target.name + ".overrides";
}

// --- what is said ---

void SmartHomeSession::note(Result<> const& turned) {
    tried_.cancel();
    bridge::Metrics::Labels const device = {{"device", context_.target.name}};
    bool const answered = std::exchange(answers_, turned.has_value());
    context_.metrics.gauge("luxtronik2mqtt_smart_home_up", "1: the Smart Home Interface answers.", device)
        .set(answers_ ? 1 : 0);
    context_.part("smart_home", turned ? "" : turned.error().detail);
    if (turned) {
        backoff_.reset();
        told_.clear();
        if (!answered) {
            context_.log.info("smart_home", "up",
                              {{"device", context_.target.name},
                               {"missing", static_cast<std::int64_t>(reader_.missing().size())}});
        }
        return;
    }
    auto const& error = turned.error();
    context_.metrics
        .counter("luxtronik2mqtt_failed_smart_home_polls_total",
                 "Polls of the Smart Home Interface that gave nothing.",
                 {{"device", context_.target.name}, {"reason", std::string(to_string(error.code))}})
        .add();
    listener_.lost();
    refuse_all(error.detail);
    if (std::exchange(told_, error.detail) == error.detail) return;
    context_.log.warn(
        "smart_home", "ended",
        {{"device", context_.target.name}, {"error", to_string(error.code)}, {"detail", error.detail}});
}

void SmartHomeSession::note_missing() {
    auto missing = places_text(reader_.missing());
    context_.metrics
        .gauge("luxtronik2mqtt_smart_home_missing_registers",
               "Registers that this firmware should have and this controller has not.",
               {{"device", context_.target.name}})
        .set(static_cast<double>(reader_.missing().size()));
    if (std::exchange(told_missing_, missing) == missing) return;
    context_.log.info("smart_home", "missing", {{"device", context_.target.name}, {"registers", missing}});
}

void SmartHomeSession::note_released(std::string const& why) {
    context_.log.info("overrides", "released",
                      {{"device", context_.target.name},
                       {"count", static_cast<std::int64_t>(overrides_.size())},
                       {"detail", why}});
    overrides_.clear();
    left_behind_ = false;
    note_overrides();
}

/// So that a next run lets go of what this one could not.
void SmartHomeSession::note_overrides() {
    context_.metrics
        .gauge("luxtronik2mqtt_overrides_held",
               "Holdings of the Smart Home Interface that this bridge keeps up.",
               {{"device", context_.target.name}})
        .set(static_cast<double>(overrides_.size()));
    auto text = overrides_.to_text();
    if (file().empty() || std::exchange(kept_, text) == text) return;
    auto const kept = bridge::replace_file(file(), kept_);
    if (kept) return;
    context_.log.warn("overrides", "not_kept",
                      {{"device", context_.target.name}, {"detail", kept.error().detail}});
}

}  // namespace luxtronik
