// SPDX-License-Identifier: MIT
#include "check.hpp"

#include "line_server.hpp"
#include "store_reader.hpp"

#include <bridge/log.hpp>
#include <bridge/mqtt.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>

namespace sink {

namespace {

namespace asio = boost::asio;

constexpr auto check_deadline = std::chrono::seconds(15);

bool check_store(std::string const& path) {
    if (!std::filesystem::exists(path)) {
        auto const folder = std::filesystem::absolute(path).parent_path();
        bool const writable = ::access(folder.c_str(), W_OK) == 0;
        fmt::print("database {}: {}\n", path,
                   writable ? "not there yet, will be made" : "not there, and its folder cannot be written");
        return writable;
    }
    auto reader = StoreReader::open(path);
    auto const devices = reader ? reader->devices() : StoreResult<Devices>(reader.error());
    fmt::print("database {}: {}\n", path,
               devices ? fmt::format("{} devices", devices->size()) : devices.error().detail);
    return devices.has_value();
}

/// Connects and subscribes once, as a client of its own: the running sink stays.
bool check_broker(Settings const& settings, bridge::ProgramSettings const& program) {
    asio::io_context loop(1);
    // The library's threads give the loop its work; until they do it must not end.
    auto const work = asio::make_work_guard(loop);
    bridge::MqttSession session;
    session.client_id = program.client_id("mqtt-sink") + "-check";
    session.subscriptions = settings.filters();
    std::optional<std::string> trouble = "no answer";
    bridge::MqttClient::Handlers handlers;
    handlers.connected = [&] {
        trouble.reset();
        loop.stop();
    };
    handlers.disconnected = [&](bridge::Error const& error) {
        trouble = error.detail;
        loop.stop();
    };
    bridge::MqttClient client(loop.get_executor(), bridge::Log(bridge::LogLevel::error), program.mqtt,
                              std::move(session), std::move(handlers));
    client.start();
    loop.run_for(check_deadline);
    fmt::print("broker {} port {}: {}\n", program.mqtt.host, program.mqtt.effective_port(),
               trouble ? *trouble : fmt::format("connected and subscribed, MQTT {}", client.protocol()));
    return !trouble;
}

bool check_output(OutputTarget const& target) {
    asio::io_context loop(1);
    LineServer server(target);
    std::string found = "no answer";
    bool right = false;
    auto const told = [&](std::exception_ptr, bridge::Result<std::string> const& answer) {
        right = answer.has_value();
        found = answer ? *answer : answer.error().detail;
        loop.stop();
    };
    asio::co_spawn(loop, server.check(), told);
    loop.run_for(check_deadline);
    server.close();
    fmt::print("output {}: {}\n", target.name, found);
    return right;
}

}  // namespace

bool check(Settings const& settings, bridge::ProgramSettings const& program) {
    bool const store = check_store(settings.database_path());
    bool const broker = check_broker(settings, program);
    bool outputs = true;
    for (auto const& target : settings.outputs()) outputs = check_output(target) && outputs;
    return store && broker && outputs;
}

}  // namespace sink
