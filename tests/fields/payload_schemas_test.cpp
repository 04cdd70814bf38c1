// SPDX-License-Identifier: MIT
// The check that every broker of a test carries: what it lets through, and what it does not.
#include "support/payload_schemas.hpp"

#include "catch.hpp"

using namespace test;

namespace {

struct Said {
    char const* topic;
    char const* payload;
};

}  // namespace

TEST_CASE("what bridges say is as the schemas have it") {
    PayloadSchemas schemas;
    for (
        auto const& [topic, payload] : {
            Said{"mfm/mains", R"({"ts":1785570000123,"seq":1,"frequency_hz":50.0,"line_count":3})"},
            Said{"mfm/mains/10s", R"({"ts":1785570000123,"seq":1,"frequency_mean_hz":50.0123})"},
            Said{"mfm/mains/history/10s", R"({"ts":1785570000123,"seq":1,"frequency_mean_hz":50.0123})"},
            Said{"luxtronik/heatpump/history",
                 R"({"ts":1,"seq":1,"compressor_1_output":1,"firmware_text":"V3.90.1"})"},
            Said{"isems/roof/availability", "offline"},
            Said{"isems/bridge/state", "online"},
            Said{"isems/bridge/request/health", "[rubbish"},
            Said{"isems/bridge/response/health", R"({"status":"ok","transaction":[1,"a"],"data":{"ts":1}})"},
            Said{"isems/bridge/response/nothing", R"({"status":"error","error":"there are others"})"},
            Said{"isems/roof/alerts", "[]"},
            Said{"isems/roof/alerts",
                 R"([{"kind":"battery_low","since":1,"severity":"warning","text":"low"}])"},
            Said{"isems/roof/event",
                 R"({"ts":1,"id":"a","kind":"fault","severity":"error","state":"once","text":"flow 717"})"},
            Said{
                "mfm/bridge/info",
                R"({"program":"mfm2mqtt","version":"0.1.0","protocol":"5","started":1,"settings":{"mqtt":{"port":0}}})"},
            Said{
                "mfm/bridge/health",
                R"({"ts":1,"instance":"a","uptime_s":1,"first_seq":1,"queue":0,"spool_bytes":0,"delivered":1,"dropped":0,)"
                R"("events_dropped":0,"unheard":0,"devices":{"mains":{"state":"online","readings":1,"errors":0}}})"},
            Said{"luxtronik/heatpump/set/heating_mode", "rubbish"},
            Said{"luxtronik/heatpump/set_result",
                 R"({"ts":1,"name":"a","transaction":[7],"state":"done","value":48.5})"},
            Said{"luxtronik/heatpump/set_result", R"({"ts":1,"name":"a","state":"refused","text":"no"})"},
            Said{"others/mains", "rubbish"},
            Said{"mfm", "rubbish"},
        }) {
        CHECK(schemas.violation(topic, payload) == "");
    }
}

TEST_CASE("what is not as the schemas have it is told with its topic") {
    PayloadSchemas schemas;
    for (
        auto const& [topic, payload] : {
            Said{"mfm/mains", "50.0"},
            Said{"mfm/mains", "{"},
            Said{"mfm/mains", R"({"seq":1,"frequency_hz":50.0})"},
            Said{"mfm/mains", R"({"ts":1,"frequency_hz":50.0})"},
            Said{"mfm/mains", R"({"ts":1,"seq":1,"frequency_mhz":50000})"},
            Said{"mfm/mains", R"({"ts":1,"seq":1,"frequency_hz":"50.0"})"},
            Said{"mfm/mains", R"({"ts":1,"seq":1,"frequency_hz":null})"},
            Said{"mfm/mains", R"({"ts":1,"seq":1,"line_count":3.5})"},
            Said{"mfm/mains", R"({"ts":1.5,"seq":1})"},
            Said{"mfm/mains/history", R"({"ts":1,"seq":1,"line_count":"3"})"},
            Said{"mfm/mains/1s", R"({"ts":1,"seq":1})"},
            Said{"mfm/mains/a/b", R"({"ts":1,"seq":1})"},
            Said{"luxtronik/heatpump", R"({"ts":1,"seq":1,"compressor_1_output":2})"},
            Said{"luxtronik/heatpump", R"({"ts":1,"seq":1,"compressor_1_output":true})"},
            Said{"luxtronik/heatpump", R"({"ts":1,"seq":1,"dhw_setpoint_c":50.0})"},
            Said{"mastertronic/watertester/kh", R"({"ts":1,"seq":1,"ca_mg_l":420.0})"},
            Said{"isems/roof/availability", "ONLINE"},
            Said{"isems/roof/availability", ""},
            Said{"isems/bridge/state", "\"online\""},
            Said{"isems/bridge/stats", "{}"},
            Said{"isems/bridge/response/health", R"({"status":"fine"})"},
            Said{"isems/bridge/response/health", R"({"status":"error"})"},
            Said{"isems/bridge/response/health", R"({"status":"ok","error":"no"})"},
            Said{"isems/roof/alerts", "{}"},
            Said{"isems/roof/alerts", R"([{"kind":"battery_low"}])"},
            Said{"isems/roof/event",
                 R"({"ts":1,"id":"a","kind":"fault","severity":"bad","state":"once","text":"flow 717"})"},
            Said{
                "mfm/bridge/info",
                R"({"program":"mfm2mqtt","version":"0.1.0","protocol":"5","started":1,"settings":{"mqtt":{"password":"x"}}})"},
            Said{"luxtronik/heatpump/set_result", R"({"ts":1,"name":"a","state":"maybe"})"},
            Said{"luxtronik/heatpump/set_result", R"({"ts":1,"name":"a","state":"done","value":null})"},
            Said{"luxtronik/heatpump/set_result/a", R"({"ts":1,"name":"a","state":"done"})"},
            Said{"mfm/bridge/health", R"({"ts":1})"},
        }) {
        INFO(payload);
        CHECK(schemas.violation(topic, payload).starts_with(topic));
    }
}
