// SPDX-License-Identifier: MIT
#include "works.hpp"

#include "support/eventually.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace test {

ApiWorks::ApiWorks(Variables variables)
    : sink(folder, "mqtt-sink", broker_at(broker.port()) + Arguments{"--database", folder / "store.db"},
           std::move(variables)) {
    if (!eventually([this] { return sink.ready(); }, 60s)) throw std::runtime_error(sink.log());
    auto const now = std::chrono::duration_cast<std::chrono::milliseconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
    for (int i = 20; i > 0; --i) {
        auto const ts = std::to_string(now - i * 1000);
        probe.publish("mfm/mains",
                      R"({"ts":)" + ts + R"(,"frequency_hz":49.989999999999995,"line_count":6})");
        probe.publish("mfm/mains/10s", R"({"ts":)" + ts + R"(,"mean_hz":50.01,"note_text":"a, \"b\""})");
        probe.publish("isems/node",
                      R"({"ts":)" + ts + R"(,"name":"node","battery_charge_pct":100.0,"battery_v":14.0})");
    }
    probe.publish("mfm/mains/availability", "online");
    probe.publish("mfm/mains/event",
                  R"({"ts":)" + std::to_string(now - 5000) +
                      R"(,"id":"e1","kind":"fault","severity":"error","state":"raised","text":"x"})");
    auto const there = [this] {
        return sink.metric("mqtt_sink_messages_received_total") >= 62 &&
               sink.get("/api/v1/devices").body.find("\"online\"") != std::string::npos;
    };
    if (!eventually(there, 60s)) throw std::runtime_error(sink.log());
}

std::string target_of(OpenApi::Operation const& operation, GivenParameters const& given) {
    std::string target = operation.path;
    char mark = '?';
    std::string query;
    for (auto const& [name, value] : given) {
        auto const place = target.find("{" + name + "}");
        auto const known = std::ranges::find(operation.parameters, name, &OpenApi::Parameter::name);
        bool const header = known != operation.parameters.end() && known->in == "header";
        if (place != std::string::npos) {
            target.replace(place, name.size() + 2, escaped(value));
        } else if (!header) {
            query += std::exchange(mark, '&') + escaped(name) + "=" + escaped(value);
        }
    }
    return target + query;
}

}  // namespace test
