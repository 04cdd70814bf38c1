// SPDX-License-Identifier: MIT
#include "write_answer.hpp"

#include <bridge/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

namespace sink {

namespace {

using Meaning = WriteAnswer::Meaning;

/// Of InfluxDB 1: `{"error":..}`; 2: `{"code":..,"message":..}`; 3:
/// `{"error":..,"data":[{"error_message":..}]}`.
std::string said(bridge::HttpReply const& reply) {
    auto const json = nlohmann::json::parse(reply.body, nullptr, false);
    std::string text;
    for (auto const* key : {"error", "message"}) {
        if (!json.is_object() || !json.contains(key) || !json[key].is_string()) continue;
        text = json[key].get<std::string>();
    }
    if (json.is_object() && json.contains("data") && json["data"].is_array() && !json["data"].empty()) {
        auto const& first = json["data"].front();
        if (first.is_object() && first.contains("error_message") && first["error_message"].is_string())
            text += ": " + first["error_message"].get<std::string>();
    }
    if (text.empty()) text = bridge::trimmed(reply.body);
    constexpr std::size_t enough = 300;
    if (text.size() > enough) text = text.substr(0, enough) + "...";
    std::ranges::replace_if(
        text, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
    return text;
}

std::string_view advice(unsigned status) {
    switch (status) {
        case 401:
        case 403:
            return "check [influx] username and password, or token";
        case 404:
            return "make the database or bucket there, or correct [influx] url";
        case 429:
            return "the server limits how much it takes";
        default:
            return "";
    }
}

std::string sentence(bridge::HttpReply const& reply) {
    std::string text = fmt::format("status {}", reply.status);
    if (auto const words = said(reply); !words.empty()) text += ": " + words;
    if (auto const what_to_do = advice(reply.status); !what_to_do.empty())
        text += fmt::format(" ({})", what_to_do);
    return text;
}

/// `... dropped=12`
std::size_t dropped(std::string_view text) {
    constexpr std::string_view word = "dropped=";
    auto const at = text.find(word);
    if (at == std::string_view::npos) return 1;
    text.remove_prefix(at + word.size());
    return bridge::to_number<std::size_t>(text.substr(0, text.find_first_not_of("0123456789"))).value_or(1);
}

}  // namespace

WriteAnswer meaning_of(bridge::HttpReply const& reply) {
    WriteAnswer answer;
    answer.status = reply.status;
    if (reply.status >= 200 && reply.status < 300) {
        answer.meaning = Meaning::taken;
        return answer;
    }
    answer.sentence = sentence(reply);
    if (reply.status == 413) answer.meaning = Meaning::too_large;
    answer.server_gone = reply.status == 502 || reply.status == 503 || reply.status == 504;
    if (reply.status != 400 && reply.status != 422) return answer;
    // InfluxDB says this alone: what else was wrong it would have said instead.
    if (reply.body.find("beyond retention policy") != std::string::npos) {
        answer.meaning = Meaning::taken;
        answer.too_old = dropped(reply.body);
        return answer;
    }
    answer.meaning = Meaning::lines_refused;
    answer.about_lines = reply.body.find("partial write") != std::string::npos;
    return answer;
}

}  // namespace sink
