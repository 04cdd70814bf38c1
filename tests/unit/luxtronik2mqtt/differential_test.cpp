// SPDX-License-Identifier: MIT
// The decoder against a second one, which was written from the notes on the protocol and counts in whole
// numbers: random vectors of all data types at once, compared as JSON text.
#include "luxtronik2mqtt/decode.hpp"

#include <bridge/payload.hpp>

#include "reference.hpp"
#include "wire.hpp"

#include "catch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

using namespace luxtronik;
using namespace test;

namespace {

constexpr int vectors = 10'000;

using Random = std::mt19937;

/// Numbers of all sizes, and often those where something begins or ends.
std::int32_t raw_number(Random& random, Place const& place) {
    static constexpr std::int32_t edges[] = {0,
                                             1,
                                             -1,
                                             2,
                                             3,
                                             99,
                                             100,
                                             101,
                                             1000,
                                             1001,
                                             3000,
                                             3001,
                                             -1000,
                                             -1001,
                                             10'000,
                                             10'001,
                                             100'000,
                                             100'001,
                                             -500,
                                             50,
                                             750,
                                             1'500,
                                             999'999'999,
                                             1'000'000'000,
                                             1'999'999'999,
                                             2'000'000'000,
                                             2'147'483'647,
                                             -2'147'483'647 - 1};
    auto const bits = random();
    switch (random() % 8) {
        case 0:
            return static_cast<std::int32_t>(bits);
        case 1:
            return edges[bits % std::size(edges)];
        case 2:
            return place.absent.empty() ? 0 : place.absent[bits % place.absent.size()];
        case 3:
            return static_cast<std::int32_t>(bits % 2'000'000'000);
        case 4:
            return static_cast<std::int32_t>(bits % 10);
        default:
            return static_cast<std::int32_t>(bits % 4'200) - 1'100;
    }
}

/// A poll's blocks whose numbers can be changed one by one.
class Blocks {
  public:
    [[nodiscard]] std::int32_t at(List list, std::size_t index) const {
        auto const bytes = bridge::as_bytes(bytes_).subspan(place_of(list, index));
        return bridge::ByteReader(bytes).big_endian_int32().value_or(0);
    }
    void put(List list, std::size_t index, std::int32_t raw) {
        bytes_.replace(place_of(list, index), 4, number(raw));
    }
    [[nodiscard]] bridge::Bytes bytes() const { return bridge::as_bytes(bytes_); }

  private:
    static constexpr std::size_t calculations_begin = 12;
    static constexpr std::size_t parameters_begin = calculations_begin + 275 * 4 + 8;

    static std::size_t place_of(List list, std::size_t index) {
        return (list == List::calculations ? calculations_begin : parameters_begin) + index * 4;
    }

    std::string bytes_ = calculations(275, with_version({}, "V3.92.3")) + parameters(1200);
};

void fill(Blocks& blocks, Random& random) {
    // Equipment that is told by a value that is no field itself; others overwrite it.
    for (auto const& place : places()) {
        if (place.needs) blocks.put(place.needs->list, place.needs->index, static_cast<int>(random() % 4));
    }
    for (auto const& place : places()) blocks.put(place.list, place.index, raw_number(random, place));
}

std::optional<std::string> expected(Place const& place, Blocks const& blocks) {
    auto const raw = blocks.at(place.list, place.index);
    if (place.needs && blocks.at(place.needs->list, place.needs->index) == 0) return std::nullopt;
    if (std::find(place.absent.begin(), place.absent.end(), raw) != place.absent.end()) return std::nullopt;
    return expected_json(place.type, raw);
}

/// 1.2e+07 as 12000000.0: JSON may say it either way.
std::string plain(std::string const& token) {
    auto const e = token.find("e+");
    if (e == std::string::npos) return token;
    std::string digits = token.substr(0, e);
    auto const dot = std::min(digits.find('.'), digits.size());
    auto const fraction = digits.size() - std::min(dot + 1, digits.size());
    if (dot < digits.size()) digits.erase(dot, 1);
    auto const exponent = std::stoul(token.substr(e + 2));
    if (fraction > exponent) return token;
    return digits + std::string(exponent - fraction, '0') + ".0";
}

/// As it is published.
std::string json_of(bridge::Value const& value) {
    if (auto const* decimal = std::get_if<double>(&value)) return plain(bridge::format_number(*decimal));
    if (auto const* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
    return bridge::json_string(std::get<std::string>(value));
}

/// Walks through what was decoded, in the order of the places, and notes what differs.
class Comparison {
  public:
    explicit Comparison(std::vector<bridge::Sample> const& samples) {
        for (auto const& sample : samples) rest_.emplace_back(sample.readings);
    }

    void place(Place const& place, std::int32_t raw, std::optional<std::string> const& wanted) {
        std::string const name(place.name);
        auto const found = next(is_code(place.type) ? name + "_code" : name);
        if (found != wanted) {
            differences_ += fmt::format("{} of {}: {} instead of {}\n", name, raw, found.value_or("nothing"),
                                        wanted.value_or("nothing"));
        }
        if (!found || !is_code(place.type)) return;
        auto const text = next(name + "_text").value_or("nothing");
        bool const right = is_known_code(place.type, raw) ? !text.starts_with("\"unknown") && text.size() > 2
                                                          : text == fmt::format("\"unknown {}\"", raw);
        if (!right) differences_ += fmt::format("{} of {} is called {}\n", name, raw, text);
    }

    /// Empty: none.
    [[nodiscard]] std::string differences() {
        for (auto const& readings : rest_) {
            if (!readings.empty()) differences_ += readings.front().name + " is not in the notes\n";
        }
        return differences_;
    }

  private:
    /// The JSON of this reading if it comes next in one of the samples.
    std::optional<std::string> next(std::string_view name) {
        for (auto& readings : rest_) {
            if (!readings.empty() && readings.front().name == "firmware_text") readings = readings.subspan(1);
            if (readings.empty() || readings.front().name != name) continue;
            auto const json = json_of(readings.front().value);
            readings = readings.subspan(1);
            return json;
        }
        return std::nullopt;
    }

    std::vector<std::span<bridge::Reading const>> rest_;
    std::string differences_;
};

}  // namespace

TEST_CASE("ten thousand random vectors of every data type decode as the notes have it, without noise") {
    Random random(20'260'801);
    Blocks blocks;
    std::map<std::string_view, int> shown;
    std::string differences;
    for (int i = 0; i < vectors && differences.empty(); ++i) {
        fill(blocks, random);
        auto const samples = must(decode(blocks.bytes(), bridge::Timestamp{}));
        Comparison comparison(samples);
        for (auto const& place : places()) {
            auto const wanted = expected(place, blocks);
            comparison.place(place, blocks.at(place.list, place.index), wanted);
            if (wanted) ++shown[place.type];
        }
        differences = comparison.differences();
    }
    CHECK(differences == "");
    CHECK(shown.size() >= 30);
    for (auto const& [type, times] : shown) {
        INFO(type << " was a value " << times << " times");
        CHECK(times >= vectors / 20);
    }
}

TEST_CASE("every named number of the table is in the notes too") {
    std::set<std::string_view> noted;
    for (auto const& place : places()) noted.insert(place.name);
    for (auto const& field : field_table()) {
        if (field.name.empty() || field.form == Form::version) continue;
        INFO(field.name);
        CHECK((noted.count(field.name) > 0 || field.firmware.lines != 0));
    }
}
