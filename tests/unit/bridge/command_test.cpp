// SPDX-License-Identifier: MIT
#include <bridge/command.hpp>

#include "catch.hpp"

#include <optional>
#include <utility>
#include <vector>

using namespace bridge;
using State = Outcome::State;

namespace {

Commanded read(std::string_view payload) {
    auto const commanded = read_command("pump", "pump/cellar/set/limit", payload);
    REQUIRE(commanded);
    return *commanded;
}

Field field(Field::Kind kind, Settable settable) {
    return {.name = "x", .kind = kind, .settable = std::move(settable)};
}

Field const setpoint = field(Field::Kind::decimal, {"setpoint", 30, 65, 0.5});
Field const minutes = field(Field::Kind::whole, {"minutes", 5, 180, 5});
Field const mode = field(Field::Kind::text, {.name = "mode", .options = {"Automatic", "Second heatsource"}});
Field const reheating = field(Field::Kind::flag, {.name = "reheating"});

}  // namespace

TEST_CASE("a command is a bare value, or JSON with a transaction") {
    auto const bare = read(" 45.5\n");
    CHECK(bare.understood.has_value());
    CHECK(bare.command.device == "cellar");
    CHECK(bare.command.name == "limit");
    CHECK(bare.command.wanted == "45.5");
    CHECK(bare.command.transaction.empty());
    auto const json = read(R"({"value":45.5,"transaction":{"id":[7,"a"]}})");
    CHECK(json.understood.has_value());
    CHECK(json.command.wanted == "45.5");
    CHECK(json.command.transaction == R"({"id":[7,"a"]})");
    CHECK(read(R"({"value":"Second heatsource"})").command.wanted == "Second heatsource");
    CHECK(read(R"({"value":true})").command.wanted == "true");
}

TEST_CASE("what is no command is an error with a sentence, and keeps its transaction") {
    for (auto const* payload : {"", "  ", "{", R"({"value":1)", "{}", R"({"valu":1,"transaction":3})"}) {
        INFO(payload);
        CHECK_FALSE(read(payload).understood.has_value());
    }
    CHECK(read(R"({"transaction":3})").command.transaction == "3");
    CHECK_FALSE(read(std::string(1025, '1')).understood.has_value());
    for (auto const* topic :
         {"pump/cellar", "pump/cellar/set", "pump/cellar/set_result", "other/cellar/set/limit",
          "pump/bridge/request/health", "pumpe/cellar/set/limit"}) {
        INFO(topic);
        CHECK_FALSE(read_command("pump", topic, "1"));
    }
}

TEST_CASE("a number lies in its range and on its steps") {
    CHECK(*settable_value(setpoint, "45.5") == Value(45.5));
    CHECK(*settable_value(setpoint, "30") == Value(30.0));
    CHECK(*settable_value(setpoint, "65") == Value(65.0));
    CHECK(*settable_value(minutes, "15") == Value(std::int64_t{15}));
    for (auto const* wanted : {"29.5", "65.5", "45.3", "45,5", "abc", "", "nan", "inf", "-1e99", "on"}) {
        INFO(wanted);
        auto const value = settable_value(setpoint, wanted);
        REQUIRE_FALSE(value.has_value());
        CHECK(value.error().detail.starts_with("setpoint can be set to 30 to 65 in steps of 0.5, not to "));
    }
    CHECK_FALSE(settable_value(minutes, "16").has_value());
}

TEST_CASE("an option may be spelt small, a flag has several words") {
    CHECK(*settable_value(mode, "second heatsource") == Value(std::string("Second heatsource")));
    auto const none = settable_value(mode, "Party");
    REQUIRE_FALSE(none.has_value());
    CHECK(none.error().detail == "mode can be set to Automatic, Second heatsource, not to \"Party\"");
    for (auto const* yes : {"on", "ON", "true", "1"})
        CHECK(*settable_value(reheating, yes) == Value(std::int64_t{1}));
    for (auto const* no : {"off", "false", "0"})
        CHECK(*settable_value(reheating, no) == Value(std::int64_t{0}));
    CHECK_FALSE(settable_value(reheating, "2").has_value());
}

TEST_CASE("an answer is one flat object") {
    Command const command{"cellar", "setpoint", "45.5", R"("a1")"};
    Timestamp const time{std::chrono::milliseconds(1785570000123)};
    CHECK(answer_json(command, {State::done, 45.5}, time) ==
          R"({"ts":1785570000123,"name":"setpoint","transaction":"a1","state":"done","value":45.5})");
    CHECK(answer_json({"cellar", "mode", "x", ""}, {State::refused, {}, "no \"x\""}, time) ==
          R"({"ts":1785570000123,"name":"mode","state":"refused","text":"no \"x\""})");
    CHECK(answer_json(command, {State::failed, Value(std::string("Off")), "why"}, time)
              .ends_with(R"("state":"failed","value":"Off","text":"why"})"));
}

TEST_CASE("a request is answered once, whatever becomes of it") {
    std::vector<State> answers;
    auto const make = [&] {
        return SetRequest("setpoint", 45.5,
                          [&](Outcome const& outcome) { answers.push_back(outcome.state); });
    };
    {
        auto request = make();
        request.answer({State::done});
        request.answer({State::failed});
        CHECK_FALSE(request.may_tell());
    }
    CHECK(answers == std::vector{State::done});
    answers.clear();
    {
        auto request = make();
        request = make();
        CHECK(answers == std::vector{State::refused});
        request.answer({State::unchanged});
    }
    CHECK(answers == std::vector{State::refused, State::unchanged});
}

TEST_CASE("a request that is let go is refused, and unknown only once the device may have been told") {
    std::vector<Outcome> answers;
    bool may = true;
    auto const make = [&] {
        return SetRequest(
            "setpoint", 45.5, [&](Outcome const& outcome) { answers.push_back(outcome); },
            [&] { return may; });
    };
    {
        auto request = make();
        auto const moved = std::move(request);
    }
    {
        auto request = make();
        CHECK(request.may_tell());
        auto const moved = std::move(request);
    }
    may = false;
    { CHECK_FALSE(make().may_tell()); }
    REQUIRE(answers.size() == 3);
    CHECK(answers[0].state == State::refused);
    CHECK(answers[0].text == "the bridge stops; nothing was written");
    CHECK(answers[1].state == State::unknown);
    CHECK(answers[2].state == State::refused);
}
