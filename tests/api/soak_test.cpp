// SPDX-License-Identifier: MIT
#include "works.hpp"

#include "support/eventually.hpp"
#include "support/publisher.hpp"
#include "support/seed.hpp"

#include "catch.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <cstdio>
#include <cstdlib>
#include <random>

using namespace test;

namespace {

/// scripts/soak asks for more.
std::chrono::seconds duration() {
    char const* const asked = std::getenv("BRIDGE_SOAK_SECONDS");
    return std::chrono::seconds(asked ? std::stoi(asked) : 10);
}

class Chance {
  public:
    explicit Chance(std::uint64_t seed) : random_(seed) {}

    std::size_t below(std::size_t count) {
        return std::uniform_int_distribution<std::size_t>(0, count - 1)(random_);
    }
    /// True once in `count` times.
    bool once_in(std::size_t count) { return below(count) == 0; }
    template <class List>
    auto const& one_of(List const& list) {
        return list[below(list.size())];
    }
    std::string bytes(std::size_t most) {
        std::string text(below(most + 1), ' ');
        for (auto& c : text) c = static_cast<char>(below(256));
        return text;
    }
    std::string number() {
        static std::vector<std::string> const some = {"0",
                                                      "1",
                                                      "-1",
                                                      "60",
                                                      "10000",
                                                      "10001",
                                                      "1785570000000",
                                                      "253402300800000",
                                                      "-1h",
                                                      "-7d",
                                                      "now",
                                                      "1e3",
                                                      "1.5",
                                                      "-0",
                                                      "9223372036854775807",
                                                      "-9223372036854775808",
                                                      "-1e9d",
                                                      "",
                                                      "2026-08-01",
                                                      "1970-01-01",
                                                      "9999-12-31T23:59:60Z",
                                                      "-99999999999h"};
        return one_of(some);
    }
    /// The same with a byte or a piece changed.
    std::string changed(std::string text) {
        if (text.empty()) return bytes(4);
        auto const at = below(text.size());
        if (once_in(2)) text[at] = static_cast<char>(below(256));
        if (once_in(3)) text.erase(at, 1 + below(4));
        if (once_in(3)) text.insert(at, bytes(8));
        if (once_in(9)) text += std::string(below(9000), 'x');
        return text;
    }

  private:
    std::mt19937_64 random_;
};

std::string value_for(OpenApi::Parameter const& parameter, Chance& chance) {
    switch (chance.below(6)) {
        case 0:
            return chance.number();
        case 1:
            return chance.bytes(20);
        case 2:
            return chance.changed(parameter.example);
        default:
            return parameter.example;
    }
}

HttpAsk random_ask(OpenApi const& api, Chance& chance) {
    static std::vector<std::string> const methods = {"GET", "GET",     "GET",   "GET",    "HEAD", "POST",
                                                     "PUT", "OPTIONS", "TRACE", "DELETE", "BREW"};
    static std::vector<std::pair<std::string, std::string>> const headers = {
        {"Accept-Encoding", "gzip"}, {"Accept-Encoding", "gzip;q=0, *"}, {"If-None-Match", "*"},
        {"Last-Event-ID", "1-1"},    {"Authorization", "Bearer x"},      {"Cookie", "a=b; c"},
        {"Range", "bytes=0-1"},      {"Expect", "100-continue"},         {"Content-Type", "text/plain"}};
    auto const& operation = chance.one_of(api.operations);
    GivenParameters given;
    for (auto const& parameter : operation.parameters) {
        if (parameter.required ? !chance.once_in(20) : chance.once_in(2))
            given.emplace_back(parameter.name, value_for(parameter, chance));
        if (chance.once_in(40)) given.emplace_back(parameter.name, parameter.example);
    }
    if (chance.once_in(30)) given.emplace_back(chance.bytes(5), chance.bytes(5));
    HttpAsk ask{.method = chance.one_of(methods), .target = target_of(operation, given)};
    if (chance.once_in(20)) ask.target = chance.changed(ask.target);
    while (chance.once_in(2)) ask.headers.insert(chance.one_of(headers));
    if (ask.method == "POST") ask.body = chance.once_in(50) ? std::string(70'000, 'x') : chance.bytes(100);
    return ask;
}

/// Asks, and reads as much as it likes: the stream has no end. The status, 0 for none.
int ask_and_go(std::uint16_t port, HttpAsk const& ask, Chance& chance) {
    auto const socket = connect_to(port);
    if (!socket) return 0;
    timeval const patience{.tv_sec = 0, .tv_usec = 200'000};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    std::string request = ask.method + " " + ask.target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
    for (auto const& [name, value] : ask.headers) request += name + ": " + value + "\r\n";
    if (!ask.body.empty()) request += "Content-Length: " + std::to_string(ask.body.size()) + "\r\n";
    request += "\r\n" + ask.body;
    if (chance.once_in(20)) request = chance.changed(request);
    (void)::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL);
    std::string answer(1 + chance.below(20'000), ' ');
    auto const size = ::recv(socket.get(), answer.data(), answer.size(), 0);
    return size < 12 || !answer.starts_with("HTTP/1.") ? 0 : std::atoi(answer.c_str() + 9);
}

Publisher::Text random_message(Chance& chance) {
    static std::vector<std::string> const topics = {
        "mfm/mains",          "mfm/mains/10s",   "mfm/mains/availability",
        "mfm/bridge/state",   "mfm/mains/event", "isems/node",
        "isems/node/history", "isems/a/b/c",     "mfm/mains/history/10s"};
    static std::vector<std::string> const payloads = {
        R"({"ts":1785570000123,"frequency_hz":50.013,"line_count":6})",
        R"({"ts":1,"a_c":-1.5e300,"b_text":"x"})",
        R"({"frequency_hz":"text now","n":9223372036854775807})",
        "12.5",
        "online",
        "null",
        "[1,2]",
        "{}",
        R"({"ts":1785570000124,"id":"e","kind":"k","severity":"error","state":"once","text":"t"})"};
    // A base has no more than so many fields, and a thousand devices are enough.
    std::string topic = chance.one_of(topics);
    if (chance.once_in(50)) topic = "mfm/d" + std::to_string(chance.below(100));
    std::string const payload = chance.one_of(payloads);
    return {topic, chance.once_in(3) ? chance.changed(payload) : payload};
}

}  // namespace

TEST_CASE("whatever is asked and whatever is published the sink lives and no fault is its own") {
    auto const seed = test::seed(std::random_device{}());
    INFO("BRIDGE_SEED=" << seed);
    std::printf("BRIDGE_SEED=%llu\n", static_cast<unsigned long long>(seed));
    // What is freed is used again, so that memory tells something.
    ApiWorks works(Variables{{"ASAN_OPTIONS", "quarantine_size_mb=4"}});
    auto const api = OpenApi::load();
    Chance chance(seed);
    Chance messages(seed + 1);
    Publisher publisher({.port = works.broker.port(),
                         .count = static_cast<std::size_t>(duration().count()) * 100,
                         .per_second = 100,
                         .message = [&](std::size_t) { return random_message(messages); }});
    auto const port = static_cast<std::uint16_t>(std::stoi(works.sink.http_address().substr(10)));
    auto const start = std::chrono::steady_clock::now();
    auto const half = start + duration() / 2;
    auto const end = start + duration();
    std::map<int, std::size_t> statuses;
    std::size_t resident_half_kib = 0;
    while (std::chrono::steady_clock::now() < end) {
        if (resident_half_kib == 0 && std::chrono::steady_clock::now() > half)
            resident_half_kib = works.sink.process().resident_kib();
        auto const ask = random_ask(api, chance);
        auto const status = ask_and_go(port, ask, chance);
        ++statuses[status];
        if (status >= 500) FAIL_CHECK(status << " " << ask.method << " " << ask.target.substr(0, 500));
    }
    publisher.stop();
    auto const resident_end_kib = works.sink.process().resident_kib();
    for (auto const& [status, count] : statuses) std::printf("%d: %zu\n", status, count);
    std::printf("%zu messages; resident after half of it %zu KiB, at the end %zu KiB\n", publisher.sent(),
                resident_half_kib, resident_end_kib);
    CHECK(works.sink.running());
    CHECK(works.sink.get("/healthz").status == 200);
    CHECK(eventually([&] { return works.sink.ready(); }));
    CHECK(statuses[200] > 0);
    CHECK(statuses[400] > 0);
    CHECK(statuses[404] > 0);
    CHECK(publisher.sent() > 0);
    CHECK(resident_end_kib < resident_half_kib + 64UL * 1024);
    CHECK(works.sink.stop() == 0);
}
