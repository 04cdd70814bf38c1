// SPDX-License-Identifier: MIT
#include "isems_web.hpp"

#include <bridge/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace devsim {

using bridge::Errc;
using bridge::Error;
using bridge::Result;

namespace {

using Effect = CueKind::Effect;

constexpr std::array<CueKind, 10> cues = {{
    {"dead", Effect::span, "", "nobody listens: connections are refused"},
    {"silent", Effect::span, "", "connections are taken, and nothing comes"},
    {"trickle", Effect::span, "", "answers come at a byte a second"},
    {"denied", Effect::span, "", "every answer is 401"},
    {"html", Effect::span, "", "every answer is a web page, with status 200"},
    {"torn", Effect::span, "", "answers end within their newest line"},
    {"zero", Effect::span, "", "the log is the line of zeros"},
    {"clock", Effect::span, "boot|past|future", "new lines have a wrong date"},
    {"old", Effect::span, "", "new lines have 18 fields: no status"},
    {"odd", Effect::lines, "", "new lines have a field that is nil, nan or inf"},
}};

/// Node numbers, from 1.
struct Range {
    std::size_t first = 1;
    std::size_t last = 1;
};

std::optional<Range> parse_range(std::string_view text, std::size_t nodes) {
    if (text == "all") return Range{1, nodes};
    auto const dash = text.find('-');
    auto const first = bridge::to_number<std::size_t>(text.substr(0, dash));
    auto const last =
        dash == std::string_view::npos ? first : bridge::to_number<std::size_t>(text.substr(dash + 1));
    if (!first || !last || *first < 1 || *last < *first || *last > nodes) return std::nullopt;
    return Range{*first, *last};
}

std::string_view path_of(std::string_view request) {
    auto const start = request.find(' ');
    if (start == std::string_view::npos) return {};
    auto const path = request.substr(start + 1);
    return path.substr(0, path.find_first_of(" \r\n"));
}

std::string esp32_answer(std::string_view body) {
    return fmt::format("HTTP/1.0 200 OK\r\nConnection: close\r\nContent-Type: text/html\r\n\r\n{}", body);
}

std::string router_answer(std::string_view status, std::string_view body) {
    return fmt::format(
        "HTTP/1.1 {}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{}",
        status, body.size(), body);
}

/// The first field of the log.
std::string_view node_of(std::string_view log) { return log.substr(0, log.find(';')); }

}  // namespace

std::span<CueKind const> isems_cues() { return cues; }

Result<std::vector<FaultScript>> isems_faults(std::string_view text, std::size_t nodes) {
    std::vector<std::string> scripts(nodes);
    for (std::size_t start = 0; start <= text.size();) {
        auto const end = std::min(text.find(';', start), text.size());
        auto group = bridge::trimmed(text.substr(start, end - start));
        start = end + 1;
        if (group.empty()) continue;
        auto const colon = group.find(':');
        auto const who = colon == std::string_view::npos ? "all" : bridge::trimmed(group.substr(0, colon));
        if (colon != std::string_view::npos) group.remove_prefix(colon + 1);
        auto const range = parse_range(who, nodes);
        if (!range) {
            return Error{Errc::config,
                         fmt::format("{} names no nodes: 3, 2-5 or all, of {}", bridge::quote(who), nodes)};
        }
        for (auto node = range->first; node <= range->last; ++node) {
            scripts[node - 1] += scripts[node - 1].empty() ? "" : ",";
            scripts[node - 1] += group;
        }
    }
    std::vector<FaultScript> parsed(nodes, FaultScript(cues));
    for (std::size_t node = 0; node < nodes; ++node) {
        auto const read = parsed[node].parse(scripts[node]);
        if (!read) return read.error();
    }
    return parsed;
}

std::string isems_web_page(std::string_view node) {
    return esp32_answer(
        fmt::format("<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1>"
                    "<p>Solar node; battery; panel; status</p><a href=\"csv.log\">log</a></body></html>\r\n",
                    node));
}

std::string isems_denial() {
    return "HTTP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"3f9c\"\r\nContent-Type: "
           "text/html\r\n\r\n"
           "Access denied";
}

std::string isems_answer(NodeGeneration generation, std::string_view request, std::string_view log) {
    switch (generation) {
        case NodeGeneration::router:
            if (path_of(request) == "/ISEMS/ffopenmppt.log") return router_answer("200 OK", log);
            return router_answer("404 Not Found", "No such file\n");
        case NodeGeneration::esp32_2020: {
            // The firmware looks for `.log` as a pattern, in which the dot is any character.
            auto const found = request.find("log");
            if (found != std::string_view::npos && found > 0) return esp32_answer(log);
            break;
        }
        case NodeGeneration::esp32_2021:
            if (path_of(request) == "/csv.log") return esp32_answer(log);
            break;
    }
    return isems_web_page(node_of(log));
}

std::string torn_log(std::string log, Random& random) {
    auto const end = log.find_last_not_of('\n') + 1;
    auto const line_end = log.find_last_of('\n', end - 1);
    auto const start = line_end == std::string::npos || line_end >= end ? 0 : line_end + 1;
    log.resize(start + 1 + random.below(end - start - 1));
    return log;
}

std::int64_t line_date(FaultScript const& faults, DeviceTime time, std::int64_t now) {
    constexpr std::int64_t firmware_beginning = 123456789;
    constexpr std::int64_t day = 86400;
    auto const* cue = faults.lasting("clock", time);
    if (!cue) return now;
    auto const seconds = static_cast<std::int64_t>(time.count());
    if (cue->value == "boot") return 20 + seconds;
    return cue->value == "past" ? firmware_beginning + seconds : now + day;
}

}  // namespace devsim
