// SPDX-License-Identifier: MIT
#include "mqtt-sink/event.hpp"
#include "mqtt-sink/record.hpp"
#include "mqtt-sink/store_reader.hpp"

#include "store_steps.hpp"
#include "support/temp_folder.hpp"

using namespace sink;
using namespace test;

namespace {

/// With one more member, as a later version may have it.
std::string json(std::int64_t ts, std::string const& id, std::string const& state = "raised") {
    return fmt::format(
        R"({{"ts":{},"id":"{}","kind":"battery_low","severity":"warning","state":"{}","text":"11.2 V","v":11.2}})",
        ts, id, state);
}

Record record_of(std::string_view topic, std::string_view payload, bool retained = false) {
    return to_record({topic, payload, payload.size(), {}, retained});
}

Refusal refusal_of(std::string_view payload) {
    auto const record = record_of("isems/node/event", payload);
    auto const* refusal = std::get_if<Refusal>(&record);
    return refusal == nullptr ? Refusal{} : *refusal;
}

void store_event(Store& store, std::string_view topic, std::string_view payload, bool retained = false) {
    auto const record = record_of(topic, payload, retained);
    REQUIRE(std::holds_alternative<Event>(record));
    REQUIRE(store.begin().has_value());
    REQUIRE(store.write(std::get<Event>(record)).has_value());
    REQUIRE(store.commit(inbox_id, 1).has_value());
}

Lines ids(StoreResult<std::vector<StoredEvent>> const& events) {
    INFO((events ? "" : events.error().detail));
    REQUIRE(events.has_value());
    Lines found;
    for (auto const& event : *events) found.push_back(event.id);
    return found;
}

constexpr std::int64_t day = 1'785'570'000'000;

}  // namespace

TEST_CASE("an event keeps its parts and the whole message") {
    std::string const text = json(day, "battery_low-1-raised");
    auto const record = record_of("isems/node/event", text);
    REQUIRE(std::holds_alternative<Event>(record));
    auto const& event = std::get<Event>(record);
    CHECK(event.base == "isems");
    CHECK(event.device == "node");
    CHECK(event.time.time_since_epoch().count() == day);
    CHECK(event.id == "battery_low-1-raised");
    CHECK(event.kind == "battery_low");
    CHECK(event.severity == "warning");
    CHECK(event.state == "raised");
    CHECK(event.text == "11.2 V");
    CHECK(event.json == text);
}

TEST_CASE("what is no event is set aside and says why") {
    CHECK(refusal_of("online") == Refusal{Reason::event, "not a JSON object"});
    CHECK(refusal_of("[]") == Refusal{Reason::event, "not a JSON object"});
    CHECK(refusal_of("{}") == Refusal{Reason::event, "id is missing, or no text"});
    CHECK(refusal_of(R"({"id":7})") == Refusal{Reason::event, "id is missing, or no text"});
    CHECK(refusal_of(json(day, "")) == Refusal{Reason::event, "id is empty"});
    CHECK(refusal_of(json(day, "x", "perhaps")) ==
          Refusal{Reason::event, "state is none of raised, cleared, once"});
    CHECK(refusal_of(json(5, "x")).reason == Reason::timestamp);
    CHECK(refusal_of(R"({"id":"x","kind":"k","severity":"dire","state":"once","text":""})").sentence ==
          "severity is none of info, warning, error, critical");
    CHECK(refusal_of(R"({"id":"x","kind":"k","severity":"info","state":"once","text":""})") ==
          Refusal{Reason::timestamp, "ts is missing, or no whole number"});
    CHECK(refusal_of(R"({"ts":1.5,"id":"x","kind":"k","severity":"info","state":"once","text":""})").reason ==
          Reason::timestamp);
    CHECK(refusal_of("").reason == Reason::empty);
}

TEST_CASE("an event is stored once however often and however it is said") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    auto store = open_store(path);
    store_event(store, "isems/node/event", json(day, "a"));
    store_event(store, "isems/node/event", json(day, "a"));
    store_event(store, "isems/node/event", json(day, "a"), true);
    store_event(store, "isems/other/event", json(day, "a"));
    store_event(store, "mfm/node/event", json(day, "a"));
    CHECK(ask(path, "SELECT base, device, id, ts, kind, severity, state, text FROM events ORDER BY number") ==
          Lines{"isems|node|a|1785570000000|battery_low|warning|raised|11.2 V",
                "isems|other|a|1785570000000|battery_low|warning|raised|11.2 V",
                "mfm|node|a|1785570000000|battery_low|warning|raised|11.2 V"});
    CHECK(ask(path, "SELECT json_extract(json, '$.v') FROM events LIMIT 1") == Lines{"11.2"});
}

TEST_CASE("events are found by time and device and newest first a page after the other") {
    TempFolder const folder;
    std::string const path = folder / "store.db";
    auto store = open_store(path);
    store_event(store, "isems/node/event", json(day + 1, "b"));
    store_event(store, "isems/node/event", json(day + 1, "c"));
    store_event(store, "isems/node/event", json(day, "a"));
    store_event(store, "isems/other/event", json(day + 2, "d"));
    store_event(store, "mfm/node/event", json(day + 3, "e"));
    auto reader = StoreReader::open(path);
    REQUIRE(reader.has_value());
    EventQuestion question{{}, {}, day, day + 3, {}, 100};
    CHECK(ids(reader->events(question)) == Lines{"e", "d", "c", "b", "a"});
    question.from = day + 1;
    question.to = day + 2;
    CHECK(ids(reader->events(question)) == Lines{"d", "c", "b"});
    question.device = "node";
    CHECK(ids(reader->events(question)) == Lines{"c", "b"});
    question = {"isems", {}, 0, day + 9, {}, 2};
    auto const first = reader->events(question);
    CHECK(ids(first) == Lines{"d", "c"});
    CHECK(first->back().json == json(day + 1, "c"));
    CHECK(first->back().base == "isems");
    // The next page begins within one millisecond.
    question.behind = {first->back().ts, first->back().number};
    auto const second = reader->events(question);
    CHECK(ids(second) == Lines{"b", "a"});
    question.behind = {second->back().ts, second->back().number};
    CHECK(ids(reader->events(question)).empty());
}
