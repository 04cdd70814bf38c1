// SPDX-License-Identifier: MIT
// Compiled once for each program: gives every frame of a case's input.txt to its decoder, and compares with
// expected.json: a list with, for each frame, either the list of its samples
//     {"device": "...", "ts": unix ms, "own_time": true, "past": true, "channel": "", "readings": {...}}
// (device only where the bytes name one, own_time and past only where they are true)
// or {"error": kind}. Compared as text, so that a field keeps its type: 50.0 is not 50. Every reading must
// also be in the program's table of fields, with its type and channel. A case without expected.json fails,
// and gets a decoded.json: to be compared with what the device showed, and then to be called expected.json.
// The variable GOLDEN_CASES names another folder of cases.
#include "catch.hpp"
#include "decode.hpp"
#include "support/temp_folder.hpp"

#include <bridge/field_table.hpp>
#include <bridge/recording.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>

using Json = nlohmann::ordered_json;

namespace NAMESPACE {
// In decode.hpp or fields.hpp.
[[nodiscard]] bridge::FieldTable fields();
}  // namespace NAMESPACE

namespace {

std::vector<std::filesystem::path> cases() {
    std::vector<std::filesystem::path> found;
    char const* const elsewhere = std::getenv("GOLDEN_CASES");
    for (auto const& entry : std::filesystem::directory_iterator(elsewhere ? elsewhere : CASES))
        found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
}

Json to_json(bridge::Sample const& sample) {
    Json json;
    if (!sample.device.empty()) json["device"] = sample.device;
    json["ts"] = sample.time.time_since_epoch().count();
    if (sample.own_time) json["own_time"] = true;
    if (sample.past) json["past"] = true;
    json["channel"] = sample.channel;
    json["readings"] = Json::object();
    for (auto const& reading : sample.readings) {
        std::visit([&](auto const& value) { json["readings"][reading.name] = value; }, reading.value);
    }
    return json;
}

Json decoded(bridge::RecordedFrame const& frame) {
    auto const samples = NAMESPACE::decode(bridge::as_bytes(frame.bytes), frame.time);
    if (!samples) return Json{{"error", bridge::to_string(samples.error().code)}};
    Json list = Json::array();
    for (auto const& sample : *samples) list.push_back(to_json(sample));
    return list;
}

std::string_view json_type(bridge::Value const& value) {
    constexpr std::array types = {"number", "integer", "string"};
    return types.at(value.index());
}

/// Empty if the reading is as the table has it.
std::string missing(bridge::FieldTable const& table, std::string const& channel,
                    bridge::Reading const& reading) {
    for (auto const& field : table) {
        if (field.channel != channel || field.name != reading.name) continue;
        if (bridge::json_type(field) == json_type(reading.value)) return {};
        return fmt::format("{} is a {} and in the table a {}", field.name, json_type(reading.value),
                           bridge::json_type(field));
    }
    return fmt::format("{} is not in the table of channel \"{}\"", reading.name, channel);
}

}  // namespace

TEST_CASE("golden cases of " PROGRAM) {
    REQUIRE_FALSE(cases().empty());
    for (auto const& folder : cases()) {
        INFO(folder.filename());
        auto const frames = bridge::read_recording(test::read_file(folder / "input.txt"));
        INFO((frames ? "" : frames.error().detail));
        REQUIRE(frames.has_value());
        if (!std::filesystem::exists(folder / "expected.json")) {
            Json all = Json::array();
            for (auto const& frame : *frames) all.push_back(decoded(frame));
            std::ofstream(folder / "decoded.json") << all.dump(2) << '\n';
        }
        auto const expected = Json::parse(test::read_file(folder / "expected.json"), nullptr, false);
        REQUIRE(expected.is_array());
        CHECK(expected.size() == frames->size());
        for (std::size_t i = 0; i < std::min(expected.size(), frames->size()); ++i) {
            INFO("frame " << i + 1);
            CHECK(decoded((*frames)[i]).dump() == expected[i].dump());
        }
        CHECK_FALSE(test::read_file(folder / "note.md").empty());
    }
}

TEST_CASE("what the golden cases of " PROGRAM " decode is in its table of fields") {
    auto const table = NAMESPACE::fields();
    std::set<std::string> missed;
    std::size_t readings = 0;
    for (auto const& folder : cases()) {
        auto const frames = bridge::read_recording(test::read_file(folder / "input.txt"));
        REQUIRE(frames.has_value());
        for (auto const& frame : *frames) {
            auto const samples = NAMESPACE::decode(bridge::as_bytes(frame.bytes), frame.time);
            if (!samples) continue;
            for (auto const& sample : *samples) {
                for (auto const& reading : sample.readings) {
                    ++readings;
                    missed.insert(missing(table, sample.channel, reading));
                }
            }
        }
    }
    missed.erase("");
    CHECK(readings > 0);
    for (auto const& sentence : missed) FAIL_CHECK(sentence);
}
