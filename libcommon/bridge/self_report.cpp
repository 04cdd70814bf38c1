// SPDX-License-Identifier: MIT
#include <bridge/self_report.hpp>

#include <bridge/payload.hpp>
#include <bridge/text.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace bridge {

namespace {

using Json = nlohmann::json;

std::string parts_json(std::map<std::string, std::string> const& parts) {
    std::string text;
    for (auto const& [name, trouble] : parts) {
        text += fmt::format("{}{}:{{\"state\":\"{}\"", text.empty() ? "" : ",", json_string(name),
                            trouble.empty() ? "online" : "offline");
        if (!trouble.empty()) text += ",\"trouble\":" + json_string(trouble);
        text += "}";
    }
    return "{" + text + "}";
}

std::string device_json(DeviceReport const& device) {
    std::string text = fmt::format("{}:{{\"state\":{}", json_string(device.name), json_string(device.state));
    if (device.last_reading) {
        text += fmt::format(",\"last_reading\":{}", device.last_reading->time_since_epoch().count());
    }
    text += fmt::format(",\"readings\":{},\"errors\":{}", device.readings, device.errors);
    if (!device.trouble.empty()) text += ",\"trouble\":" + json_string(device.trouble);
    if (!device.parts.empty()) text += ",\"parts\":" + parts_json(device.parts);
    return text + "}";
}

std::string answer(std::string_view status, Request const& request, std::string const& rest) {
    std::string text = fmt::format("{{\"status\":\"{}\"", status);
    if (!request.transaction.empty()) text += ",\"transaction\":" + request.transaction;
    return text + rest + "}";
}

}  // namespace

std::string devices_json(std::vector<DeviceReport> const& devices) {
    std::string text = "{";
    for (auto const& device : devices) text += (text.size() > 1 ? "," : "") + device_json(device);
    return text + "}";
}

std::string health_json(SelfReport const& report) {
    return fmt::format(
        "{{\"ts\":{},\"instance\":{},\"uptime_s\":{},\"first_seq\":{},\"queue\":{},\"spool_bytes\":{},"
        "\"delivered\":{},\"dropped\":{},\"events_dropped\":{},\"unheard\":{},\"devices\":{}}}",
        report.time.time_since_epoch().count(), json_string(report.instance), report.uptime.count(),
        report.first_seq, report.queue, report.spool_bytes, report.delivered, report.dropped,
        report.events_dropped, report.unheard, devices_json(report.devices));
}

std::string instance_of(std::string_view health) {
    auto const json = Json::parse(health, nullptr, false);
    if (!json.is_object() || !json.contains("instance") || !json["instance"].is_string()) return {};
    return json["instance"];
}

std::optional<Asked> read_request(std::string_view base, std::string_view topic, std::string_view payload) {
    std::string const prefix = std::string(base) + "/bridge/request/";
    if (!topic.starts_with(prefix) || topic.size() == prefix.size()) return std::nullopt;
    Asked asked;
    asked.request.verb = topic.substr(prefix.size());
    if (trimmed(payload).empty()) return asked;
    auto const json = Json::parse(payload, nullptr, false);
    if (!json.is_object()) {
        asked.understood = Error{Errc::malformed, "a request is a JSON object, or empty"};
        return asked;
    }
    if (json.contains("transaction")) {
        asked.request.transaction = json["transaction"].dump(-1, ' ', false, Json::error_handler_t::replace);
    }
    if (json.contains("level") && json["level"].is_string()) asked.request.level = json["level"];
    return asked;
}

std::string answer_ok(Request const& request, std::string const& data) {
    return answer("ok", request, data.empty() ? "" : ",\"data\":" + data);
}

std::string answer_error(Request const& request, std::string const& sentence) {
    return answer("error", request, ",\"error\":" + json_string(sentence));
}

}  // namespace bridge
