// SPDX-License-Identifier: MIT
#include "program.hpp"

#include "support/broker.hpp"
#include "support/certificates.hpp"
#include "support/eventually.hpp"
#include "support/mqtt_probe.hpp"

#include "catch.hpp"

#include <regex>
#include <string>

using namespace test;

namespace {

Arguments over_tls(Broker const& broker, Authority const& authority) {
    return {"--mqtt-host", "localhost", "--mqtt-port",    std::to_string(broker.tls_port()),
            "--mqtt-tls",  "true",      "--mqtt-ca-file", authority.ca_file().string()};
}

Arguments as_client(Certificate const& client) {
    return {"--mqtt-cert-file", client.certificate.string(), "--mqtt-key-file", client.key.string()};
}

Broker::Plan tls_plan(Authority const& authority, Certificate const& server, bool client_required = false) {
    Broker::Plan plan;
    plan.tls = Broker::Tls{authority.ca_file(), server, client_required};
    return plan;
}

bool matches(std::string const& text, char const* pattern) {
    return std::regex_search(text, std::regex(pattern, std::regex::icase));
}

}  // namespace

TEST_CASE("a broker whose certificate is not right is refused with the reason in the log") {
    struct Wrong {
        char const* what;
        char const* reason;
    };
    auto const program = std::string(GENERATE("mfm2mqtt", "mqtt-sink"));
    auto const wrong = GENERATE(Wrong{"wrong host", "host ?name"}, Wrong{"expired", "expired"},
                                Wrong{"self-signed", "self[- ]signed"});
    INFO(program << ", " << wrong.what);
    TempFolder const folder;
    Authority const authority(folder);
    std::string const what = wrong.what;
    auto const server = what == "wrong host" ? authority.issue("elsewhere.test")
                        : what == "expired"  ? authority.issue("localhost", Authority::Age::expired)
                                             : authority.self_signed("localhost");
    Broker const broker(folder, tls_plan(authority, server));
    MqttProbe const probe(broker.port(), {"mfm/#"});
    Program running(
        folder, program,
        over_tls(broker, authority) + (program == "mqtt-sink" ? Arguments{"--database", folder / "store.db"}
                                                              : serial_port(folder / "board")));
    bool const said = eventually([&] { return matches(running.log(), wrong.reason); });
    INFO(running.log());
    CHECK(said);
    CHECK(throughout(1s, [&] { return running.running() && !running.ready(); }));
    CHECK_FALSE(broker.let_in(program));
    CHECK(probe.messages().empty());
    CHECK(running.stop() == 0);
}

TEST_CASE("a broker whose certificate is right is trusted without a client certificate") {
    TempFolder const folder;
    Authority const authority(folder);
    Broker const broker(folder, tls_plan(authority, authority.issue("localhost")));
    MqttProbe const probe(broker.port(), {"mfm/bridge/state"});
    Program bridge(folder, "mfm2mqtt", over_tls(broker, authority) + serial_port(folder / "board"));
    CHECK(probe.sees("mfm/bridge/state", "online"));
    CHECK(bridge.stop() == 0);
    CHECK(probe.sees("mfm/bridge/state", "offline"));
}

TEST_CASE("a broker of an authority that is not ours is refused until told to trust anybody") {
    TempFolder const folder, foreign_folder;
    Authority const authority(folder), foreign(foreign_folder);
    Broker const broker(folder, tls_plan(authority, foreign.issue("localhost")));
    MqttProbe const probe(broker.port(), {"mfm/bridge/state"});
    auto const arguments = over_tls(broker, authority) + serial_port(folder / "board");
    {
        Program bridge(folder, "mfm2mqtt", arguments);
        CHECK(eventually([&] { return matches(bridge.log(), "certificate"); }));
        CHECK_FALSE(broker.let_in("mfm2mqtt"));
        CHECK(bridge.stop() == 0);
    }
    Program const bridge(folder, "mfm2mqtt", arguments + Arguments{"--mqtt-tls-insecure", "true"});
    CHECK(probe.sees("mfm/bridge/state", "online"));
}

TEST_CASE("a client certificate is used where the broker asks for one") {
    auto const program = std::string(GENERATE("mfm2mqtt", "mqtt-sink"));
    INFO(program);
    TempFolder const folder;
    Authority const authority(folder);
    Broker const broker(folder, tls_plan(authority, authority.issue("localhost"), true));
    auto const arguments =
        over_tls(broker, authority) + (program == "mqtt-sink" ? Arguments{"--database", folder / "store.db"}
                                                              : serial_port(folder / "board"));
    {
        Program without(folder, program, arguments);
        CHECK(eventually([&] { return matches(without.log(), "level=(warn|error)"); }));
        CHECK(throughout(1s, [&] { return without.running(); }));
        CHECK_FALSE(broker.let_in(program));
        CHECK(without.stop() == 0);
    }
    Program with(folder, program, arguments + as_client(authority.issue("bridge-in-the-cellar")));
    CHECK(eventually([&] { return broker.let_in(program, "bridge-in-the-cellar"); }));
    CHECK(with.stop() == 0);
}
