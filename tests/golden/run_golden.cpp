// SPDX-License-Identifier: MIT
// Compiled once for each program: gives every frame of a case's input.txt to its decoder, and compares with
// expected.json: a list with, for each frame, either the list of its samples
//     {"device": "...", "ts": unix ms, "own_time": true, "past": true, "channel": "", "readings": {...}}
// (device only where the bytes name one, own_time and past only where they are true)
// or {"error": kind}. Compared as text, so that a field keeps its type: 50.0 is not 50.
#include "catch.hpp"
#include "decode.hpp"
#include "support/temp_folder.hpp"

#include <bridge/recording.hpp>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

using Json = nlohmann::ordered_json;

namespace {

std::vector<std::filesystem::path> cases() {
    std::vector<std::filesystem::path> found;
    for (auto const& entry : std::filesystem::directory_iterator(CASES)) found.push_back(entry.path());
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
    auto const samples = DECODE(bridge::as_bytes(frame.bytes), frame.time);
    if (!samples) return Json{{"error", bridge::to_string(samples.error().code)}};
    Json list = Json::array();
    for (auto const& sample : *samples) list.push_back(to_json(sample));
    return list;
}

}  // namespace

TEST_CASE("golden cases of " PROGRAM) {
    REQUIRE_FALSE(cases().empty());
    for (auto const& folder : cases()) {
        INFO(folder.filename());
        auto const frames = bridge::read_recording(test::read_file(folder / "input.txt"));
        INFO((frames ? "" : frames.error().detail));
        REQUIRE(frames.has_value());
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
