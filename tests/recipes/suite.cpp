// SPDX-License-Identifier: MIT
#include "suite.hpp"

#include "support/eventually.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace test {

namespace {

std::vector<std::string> const everything = {"mfm/#", "luxtronik/#", "mastertronic/#", "isems/#"};

std::vector<std::string> const expected = {
    "mfm/mains",
    "mfm/mains/10s",
    "luxtronik/heatpump",
    "luxtronik/heatpump/parameters",
    "mastertronic/watertester",
    "mastertronic/watertester/kh",
    "mastertronic/watertester/ca",
    "mastertronic/watertester/mg",
    "mastertronic/watertester/no3",
    "mastertronic/watertester/po4",
    "mastertronic/watertester/oli",
    "mastertronic/watertester/history/kh",
    "isems/Gr_ndach-03-0ab40aaf",
    "isems/Gr_ndach-03-0ab40aaf/history",
    "isems/solar-01",
    "isems/solar-02",
};

}  // namespace

Suite::Suite(TempFolder const& folder)
    : folder_(folder), broker_(folder), probe_(broker_.port(), everything) {
    Arguments const broker = broker_at(broker_.port());
    sink_.emplace(folder, "mqtt-sink", broker + Arguments{"--database", database()});
    auto const tty = folder / "tty";
    board_.emplace(folder, Process::Plan{program_path("devsim"), {"mfm", "--link", tty.string()}});
    auto const pump = start_device(heat_pump_, {"luxtronik", "--speed", "60"});
    auto const tester = start_device(water_tester_, {"mastertronic", "--speed", "600", "--days", "7"});
    auto const nodes = start_device(solar_nodes_, {"isems", "--speed", "60", "--nodes", "3"});
    auto const port = tester.substr(tester.rfind(':') + 1);

    mfm_.emplace(folder, "mfm2mqtt", broker + serial_port(tty) + quick());
    luxtronik_.emplace(folder, "luxtronik2mqtt",
                       broker + Arguments{"--host", "127.0.0.1:" + pump, "--interval", "1s"});
    mastertronic_.emplace(folder, "mastertronic2mqtt",
                          broker + Arguments{"--host", "127.0.0.1", "--port", port.substr(0, port.find('/')),
                                             "--interval", "1s"});
    isems_.emplace(folder, "isems2mqtt", broker + Arguments{"--router-ips", nodes, "--interval", "1s"});

    std::string missing;
    auto const all_there = [&] {
        auto const there = topics();
        auto const one =
            std::ranges::find_if(expected, [&](std::string const& topic) { return !there.contains(topic); });
        missing = one == expected.end() ? "" : *one;
        return missing.empty();
    };
    if (!eventually(all_there)) throw std::runtime_error("nothing was published on " + missing);
}

std::string Suite::start_device(std::optional<Process>& device, Arguments const& arguments) {
    device.emplace(folder_, Process::Plan{program_path("devsim"), arguments});
    if (!eventually([&] { return device->output().find('\n') != std::string::npos; }))
        throw std::runtime_error("devsim " + arguments.front() + " does not start");
    auto const said = device->output();
    return said.substr(0, said.find('\n'));
}

std::set<std::string> Suite::fields(std::string const& topic) const {
    std::set<std::string> found;
    for (auto const& message : probe_.on(topic)) {
        auto const reading = nlohmann::json::parse(message.payload, nullptr, false);
        if (!reading.is_object()) continue;
        for (auto const& [name, value] : reading.items()) found.insert(name);
    }
    return found;
}

bool Suite::says_online(std::string const& topic) const {
    return (topic.ends_with("/availability") || topic.ends_with("/bridge/state")) &&
           probe_.sees(topic, "online");
}

std::set<std::string> Suite::topics() const {
    std::set<std::string> found;
    for (auto const& message : probe_.messages()) found.insert(message.topic);
    return found;
}

std::vector<Program const*> Suite::programs() const {
    return {&*sink_, &*mfm_, &*luxtronik_, &*mastertronic_, &*isems_};
}

}  // namespace test
