// SPDX-License-Identifier: MIT
#include "mains_chain.hpp"

#include "support/eventually.hpp"
#include "support/mqtt_relay.hpp"
#include "support/mqtt_wire.hpp"
#include "support/private_network.hpp"

#include "catch.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

using namespace test;
using Manner = MqttRelay::Manner;

namespace {

/// How long the trouble lasts; scripts/soak has more patience.
std::chrono::seconds trouble_time() {
    char const* const asked = std::getenv("BRIDGE_TROUBLE_SECONDS");
    return asked ? std::chrono::seconds(std::stoi(asked)) : 15s;
}

/// What a program says of its connection, without the time.
std::vector<std::string> said_of_broker(Program const& program) {
    std::vector<std::string> said;
    std::istringstream log(program.log());
    for (std::string line; std::getline(log, line);) {
        if (line.find(" at=mqtt ") != line.npos) said.push_back(line.substr(line.find(' ')));
    }
    return said;
}

/// A bridge and a sink whose way to the broker is bad for a time.
class BadLink {
  public:
    BadLink() {
        REQUIRE(chain.stores(20));
        for (auto* const side : {&bridge_, &sink_}) {
            side->cpu = side->program.process().cpu_time();
            side->lines = said_of_broker(side->program).size();
        }
        begin_ = std::chrono::steady_clock::now();
        connections_ = relay.connections();
    }

    TempFolder folder;
    Broker broker{folder};
    MqttRelay relay{broker.port()};
    MainsChain chain{folder, relay.port(), {"--mqtt-keepalive", "3"}};

    [[nodiscard]] bool lasts() const { return elapsed() < trouble_time(); }

    /// Neither was busy, both tried less and less often, and said what changed and not what they tried.
    void check_effort() {
        for (auto* const side : {&bridge_, &sink_}) {
            auto const used = side->program.process().cpu_time() - side->cpu;
            CHECK(std::chrono::duration<double>(used) / elapsed() < 0.02);
            auto const said = said_of_broker(side->program);
            std::string all;
            for (auto const& line : said) all += line + "\n";
            INFO(all);
            CHECK(said.size() > side->lines);
            for (std::size_t i = std::max<std::size_t>(side->lines, 1); i < said.size(); ++i)
                CHECK(said[i] != said[i - 1]);
        }
        // Both try, and look into a failed try with a connection more.
        CHECK(relay.connections() - connections_ <= 2 * 2 * most_tries());
    }

    /// Of one program: it waits for at least 0.5 s after its first, then 1, 2, 4 s, and 8 s from then on.
    [[nodiscard]] std::size_t most_tries() const {
        std::size_t tries = 1;
        std::chrono::milliseconds wait = 500ms;
        for (auto next = wait; next < elapsed(); next += wait) {
            ++tries;
            wait = std::min<std::chrono::milliseconds>(2 * wait, 8s);
        }
        return tries;
    }

    /// Every reading since the start is stored, each once and in the right order at the broker.
    void check_recovery() {
        CHECK(
            eventually([&] { return chain.bridge.ready() && chain.sink.ready(); }, 2 * trouble_time() + 10s));
        for (auto* const side : {&bridge_, &sink_})
            CHECK(said_of_broker(side->program).back().find("version=5") != std::string::npos);
        auto const given = chain.taken();
        CHECK(eventually([&] { return static_cast<double>(chain.arrived()) >= given; }));
        CHECK(eventually([&] { return gaps(chain.stored()).empty(); }));
        CHECK(chain.stored().front() == 1);
        CHECK(chain.bridge.metric("mfm2mqtt_readings_dropped_total") == 0);
    }

  private:
    struct Side {
        Program& program;
        std::chrono::milliseconds cpu{0};
        std::size_t lines = 0;
    };

    [[nodiscard]] std::chrono::steady_clock::duration elapsed() const {
        return std::chrono::steady_clock::now() - begin_;
    }

    Side bridge_{chain.bridge}, sink_{chain.sink};
    std::chrono::steady_clock::time_point begin_;
    std::size_t connections_ = 0;
};

}  // namespace

TEST_CASE("a link that comes and goes five times a second costs little and no reading") {
    BadLink link;
    while (link.lasts()) {
        for (auto const manner : {Manner::cut, Manner::passing}) {
            link.relay.be(manner);
            std::this_thread::sleep_for(200ms);
        }
    }
    link.check_effort();
    link.check_recovery();
}

TEST_CASE("a link that drops every packet is noticed and costs little and no reading") {
    BadLink link;
    std::optional<PulledCable> cable(std::in_place, link.folder, link.relay.port());
    for (auto const* const program : {&link.chain.bridge, &link.chain.sink})
        CHECK(eventually(
            [&] { return said_of_broker(*program).back().find("disconnected") != std::string::npos; }));
    while (link.lasts()) std::this_thread::sleep_for(100ms);
    link.check_effort();
    cable.reset();
    link.check_recovery();
}

TEST_CASE("a broker that takes connections and never answers costs little and no reading") {
    BadLink link;
    link.relay.be(Manner::silent);
    while (link.lasts()) std::this_thread::sleep_for(100ms);
    link.check_effort();
    link.relay.be(Manner::passing);
    link.check_recovery();
}

TEST_CASE("a broker that ends the connection after each publication costs little and no reading") {
    BadLink link;
    auto const connects = [&] { return link.relay.sent_by_client(MqttPacket::connect); };
    auto const before = connects();
    link.relay.be(Manner::cut_at_publications);
    while (link.lasts()) std::this_thread::sleep_for(100ms);
    CHECK(eventually([&] { return connects() - before > 2; }));
    CHECK(connects() - before <= link.most_tries());
    // The sink, which does not publish, is cut off at last.
    link.relay.be(Manner::cut);
    CHECK(eventually(
        [&] { return said_of_broker(link.chain.sink).back().find("disconnected") != std::string::npos; }));
    link.check_effort();
    link.relay.be(Manner::passing);
    link.check_recovery();
}
