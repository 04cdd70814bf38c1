// SPDX-License-Identifier: MIT
#include "contender.hpp"

#include "support/database.hpp"
#include "support/eventually.hpp"
#include "support/free_port.hpp"
#include "support/http_get.hpp"

#include <mqtt/async_client.h>
#include <sqlite3.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace bench {

using namespace test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr char const* table =
    "CREATE TABLE readings (device TEXT, ts INTEGER, seq INTEGER, frequency_hz REAL, mean_hz REAL, min_hz "
    "REAL,"
    " max_hz REAL, rocof_mhz_s REAL, deviation_s REAL, temp_c REAL, voltage_v REAL, line INTEGER,"
    " load_mw INTEGER, a_w INTEGER, b_w INTEGER)";

fs::path peer(std::string const& name) { return fs::path(PEERS_FOLDER) / name; }

/// Throws when `good` does not come true.
template <class Condition>
void await(Condition const& good, std::string const& what) {
    if (!eventually(good, 60s)) throw std::runtime_error(what);
}

void make_table(fs::path const& file, bool wal) {
    sqlite3* database = nullptr;
    bool const made = sqlite3_open(file.c_str(), &database) == SQLITE_OK &&
                      sqlite3_exec(database, wal ? "PRAGMA journal_mode = WAL" : "", nullptr, nullptr,
                                   nullptr) == SQLITE_OK &&
                      sqlite3_exec(database, table, nullptr, nullptr, nullptr) == SQLITE_OK;
    sqlite3_close(database);
    if (!made) throw std::runtime_error("no table in " + file.string());
}

class Bare final : public Contender {
  public:
    Bare(TempFolder const& folder, std::uint16_t broker)
        : process_(folder, {"/proc/self/exe", {"--bare", std::to_string(broker)}}) {}
    Process& process() override { return process_; }
    std::size_t taken() override {
        auto const lines = process_.output();
        auto const end = lines.rfind('\n');
        if (end == std::string::npos || end == 0) return 0;
        auto const begin = lines.rfind('\n', end - 1);
        return std::stoul(lines.substr(begin == std::string::npos ? 0 : begin + 1, end));
    }
    std::size_t stop() override {
        process_.signal(SIGTERM);
        (void)process_.wait_for_exit(20s);
        return taken();
    }

  private:
    Process process_;
};

class Sink final : public Contender {
  public:
    Sink(TempFolder const& folder, std::uint16_t broker, std::string const& durability)
        : file_(folder / ("sink_" + durability + ".db")),
          before_(rows()),
          process_(folder, {fs::path(TEST_PROGRAM_FOLDER) / "mqtt-sink",
                            {"--database", file_.string(), "--durability", durability, "--mqtt-port",
                             std::to_string(broker), "--mqtt-client-id", durability, "--http-listen",
                             http_.address()}}) {
        await([&] { return http_get(http_.number(), "/readyz").status == 200; }, "the sink is not ready");
    }
    Process& process() override { return process_; }
    std::size_t taken() override {
        auto const metrics = http_get(http_.number(), "/metrics").body;
        auto const number = [&](char const* name) { return metric(metrics, name).value_or(0); };
        return static_cast<std::size_t>(number("mqtt_sink_messages_stored_total") +
                                        number("mqtt_sink_uncommitted_messages"));
    }
    std::size_t stop() override {
        process_.signal(SIGTERM);
        (void)process_.wait_for_exit(20s);
        return rows() - before_;
    }

  private:
    std::size_t rows() const {
        if (!fs::exists(file_)) return 0;
        return static_cast<std::size_t>(Database(file_).number("SELECT count(*) FROM mfm").value_or(0));
    }

    fs::path file_;
    std::size_t before_;  ///< of a start that finds a backlog
    FreePort http_;
    Process process_;
};

/// A logger whose rows are in a table of its own.
class Logger : public Contender {
  public:
    Logger(fs::path file, bool wal) : file_(std::move(file)) { make_table(file_, wal); }
    std::size_t taken() override {
        // Nothing is deleted; counting would take its time from what is measured.
        return static_cast<std::size_t>(
            Database(file_).number("SELECT max(rowid) FROM readings").value_or(0));
    }
    std::size_t stop() override {
        process().signal(SIGTERM);
        if (!process().wait_for_exit(20s)) process().kill();
        return taken();
    }

  protected:
    fs::path file_;
};

class Python final : public Logger {
  public:
    Python(TempFolder const& folder, std::uint16_t broker, std::string const& mode)
        : Logger(folder / ("python_" + mode + ".db"), false),
          process_(folder,
                   {"/usr/bin/python3", {peer("paho_sqlite.py"), std::to_string(broker), file_, mode}}) {}
    Process& process() override { return process_; }

  private:
    Process process_;
};

/// A folder with the flow in it, the broker's port and the database's file filled in.
fs::path node_red_folder(fs::path const& folder, std::uint16_t broker, fs::path const& file) {
    fs::create_directories(folder);
    auto flow = read_file(peer("flow.json"));
    auto const fill_in = [&](std::string const& wanted, std::string const& text) {
        flow.replace(flow.find(wanted), wanted.size(), text);
    };
    fill_in("\"1883\"", '"' + std::to_string(broker) + '"');
    fill_in("readings.db", file);
    std::ofstream(folder / "flows.json") << flow;
    std::ofstream(folder / "settings.js")
        << "module.exports = { uiHost: '127.0.0.1', uiPort: 0, flowFile: 'flows.json', credentialSecret: "
           "false,"
           " nodesDir: '"
        << peer("node_modules").string()
        << "/node-red-node-sqlite', telemetry: { enabled: false, updateNotification: false } };";
    return folder;
}

class NodeRed final : public Logger {
  public:
    NodeRed(TempFolder const& folder, std::uint16_t broker, std::string const& name, bool wal)
        : Logger(folder / (name + ".db"), wal),
          process_(folder, {"/usr/bin/env",
                            {"node", peer("node_modules/node-red/red.js"), "--userDir",
                             node_red_folder(folder / name, broker, file_)}}) {}
    Process& process() override { return process_; }

  private:
    Process process_;
};

void need(std::string const& what, fs::path const& there) {
    if (!fs::exists(there)) throw std::runtime_error("not installed: " + what);
}

}  // namespace

Entry bare_subscriber() {
    return {
        "bare subscriber",
        [](TempFolder const& folder, std::uint16_t broker) { return std::make_unique<Bare>(folder, broker); },
        true};
}

Entry sink(std::string const& durability) {
    return {"mqtt-sink " + durability,
            [durability](TempFolder const& folder, std::uint16_t broker) {
                return std::make_unique<Sink>(folder, broker, durability);
            },
            true};
}

Entry python(std::string const& mode) {
    return {"Python, " + mode, [mode](TempFolder const& folder, std::uint16_t broker) {
                need("apt-get install python3-paho-mqtt", "/usr/lib/python3/dist-packages/paho");
                return std::make_unique<Python>(folder, broker, mode);
            }};
}

Entry node_red(bool wal) {
    std::string const name = wal ? "Node-RED, WAL" : "Node-RED, default";
    return {name, [name, wal](TempFolder const& folder, std::uint16_t broker) {
                need("npm ci in tests/bench/throughput/peers", peer("node_modules"));
                return std::make_unique<NodeRed>(folder, broker, name, wal);
            }};
}

int count_messages(std::uint16_t broker) {
    std::atomic<std::size_t> count{0};
    mqtt::async_client client("tcp://127.0.0.1:" + std::to_string(broker), "bare",
                              mqtt::create_options(MQTTVERSION_5), nullptr);
    client.set_message_callback([&](mqtt::const_message_ptr const&) { ++count; });
    mqtt::connect_options options;
    options.set_mqtt_version(MQTTVERSION_5);
    options.set_clean_start(false);
    options.set_properties(
        {{mqtt::property::RECEIVE_MAXIMUM, 10'000}, {mqtt::property::SESSION_EXPIRY_INTERVAL, 600}});
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stop, nullptr);  // before the library makes threads
    client.connect(options)->wait();
    client.subscribe("mfm/+", 1)->wait();
    timespec const pace{0, 10'000'000};
    for (std::size_t said = 0; sigtimedwait(&stop, nullptr, &pace) != SIGTERM;) {
        if (count != said) std::printf("%zu\n", said = count);
        std::fflush(stdout);
    }
    client.disconnect()->wait();
    std::printf("%zu\n", count.load());
    return 0;
}

}  // namespace bench
