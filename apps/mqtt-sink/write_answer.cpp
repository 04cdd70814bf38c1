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

std::string on_one_line(std::string text) {
    constexpr std::size_t enough = 300;
    if (text.size() > enough) text = text.substr(0, enough) + "...";
    std::ranges::replace_if(
        text, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
    return text;
}

std::string text_of(nlohmann::json const& object, char const* key) {
    if (!object.is_object() || !object.contains(key) || !object[key].is_string()) return {};
    return object[key].get<std::string>();
}

/// Behind this, up to that; empty where they are not there.
std::string between(std::string_view text, std::string_view before, std::string_view behind) {
    auto const at = text.find(before);
    if (at == std::string_view::npos) return {};
    text.remove_prefix(at + before.size());
    return std::string(text.substr(0, std::min(text.find(behind), text.size())));
}

/// What a server of InfluxDB means by a field's wrong type, and what to do about it; empty for all else.
///
///     1, 2: field type conflict: input field "a" on measurement "b" is type float, already exists as type
///     string 3:    invalid column type for column 'a', expected iox::column_type::field::string, got
///     iox::...::float
std::string type_conflict(std::string_view words) {
    std::string field = between(words, "input field \"", "\"");
    std::string given = between(words, "is type ", ",");
    std::string kept = between(words, "already exists as type ", " ");
    if (words.find("invalid column type for column") != std::string_view::npos) {
        field = between(words, "for column '", "'");
        kept = between(words, "expected iox::column_type::field::", ",");
        given = between(words, "got iox::column_type::field::", " ");
    }
    if (field.empty() || kept.empty() || given.empty()) return {};
    return fmt::format(
        "the server keeps the field {} as {} and was given {}: delete what it has of it, or write to another"
        " database, then give it all again with mqtt-sink backfill",
        field, kept, given);
}

std::string explained(std::string words) {
    auto const conflict = type_conflict(words);
    return conflict.empty() ? words : fmt::format("{} ({})", words, conflict);
}

/// Of InfluxDB 1: `{"error":..}`; 2: `{"code":..,"message":..}`; 3:
/// `{"error":..,"data":[{"error_message":..}]}`.
std::string said(nlohmann::json const& json, std::string const& body) {
    std::string text = text_of(json, "error") + text_of(json, "message");
    if (json.is_object() && json.contains("data") && json["data"].is_array() && !json["data"].empty()) {
        auto const message = text_of(json["data"].front(), "error_message");
        if (!message.empty()) text += ": " + message;
    }
    return explained(on_one_line(text.empty() ? std::string(bridge::trimmed(body)) : text));
}

/// Of InfluxDB 3: `"data":[{"line_number":2,"error_message":..}]`, counted from 1.
std::vector<Halving::Refused> named_lines(nlohmann::json const& json) {
    std::vector<Halving::Refused> lines;
    if (!json.is_object() || !json.contains("data") || !json["data"].is_array()) return lines;
    for (auto const& item : json["data"]) {
        if (!item.is_object() || !item.contains("line_number") || !item["line_number"].is_number_unsigned())
            continue;
        auto const number = item["line_number"].get<std::size_t>();
        if (number == 0) continue;
        lines.push_back({number - 1, explained(on_one_line(text_of(item, "error_message")))});
    }
    return lines;
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

std::string sentence(bridge::HttpReply const& reply, nlohmann::json const& json) {
    std::string text = fmt::format("status {}", reply.status);
    if (auto const words = said(json, reply.body); !words.empty()) text += ": " + words;
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
    // InfluxDB 3 in a cluster may say so where it took some lines only.
    bool const some_only = reply.status == 201 && !bridge::trimmed(reply.body).empty();
    if (reply.status >= 200 && reply.status < 300 && !some_only) {
        answer.meaning = Meaning::taken;
        return answer;
    }
    auto const json = nlohmann::json::parse(reply.body, nullptr, false);
    answer.sentence = sentence(reply, json);
    if (reply.status == 413) answer.meaning = Meaning::too_large;
    answer.server_gone = reply.status == 502 || reply.status == 503 || reply.status == 504;
    if (reply.status != 400 && reply.status != 422 && !some_only) return answer;
    // InfluxDB says this alone: what else was wrong it would have said instead.
    if (reply.body.find("beyond retention policy") != std::string::npos) {
        answer.meaning = Meaning::taken;
        answer.too_old = dropped(reply.body);
        return answer;
    }
    answer.meaning = Meaning::lines_refused;
    answer.about_lines = some_only || reply.body.find("partial write") != std::string::npos;
    if (answer.about_lines) answer.lines = named_lines(json);
    return answer;
}

}  // namespace sink
