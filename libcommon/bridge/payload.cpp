// SPDX-License-Identifier: MIT
#include <bridge/payload.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

namespace bridge {

namespace {

/// JSON text of a value, empty if it has none.
struct ToText {
    std::string operator()(double number) const { return format_number(number); }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(std::string const& text) const { return json_string(text); }
};

}  // namespace

std::string format_number(double number) {
    if (!std::isfinite(number)) return {};
    std::array<char, 32> buffer{};
    auto const end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
    std::string text(buffer.data(), end);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}

std::string json_string(std::string_view text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string to_json(Sample const& sample, std::uint64_t seq) {
    std::string json = "{\"ts\":" + std::to_string(sample.time.time_since_epoch().count()) +
                       ",\"seq\":" + std::to_string(seq);
    for (auto const& reading : sample.readings) {
        std::string const value = std::visit(ToText{}, reading.value);
        if (value.empty()) continue;
        json += "," + json_string(reading.name) + ":" + value;
    }
    return json + "}";
}

}  // namespace bridge
