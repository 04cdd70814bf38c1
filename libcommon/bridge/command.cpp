// SPDX-License-Identifier: MIT
#include <bridge/command.hpp>

#include <bridge/payload.hpp>
#include <bridge/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

namespace bridge {

namespace {

using Json = nlohmann::json;

/// Longer than any value and any transaction that people think of.
constexpr std::size_t longest_payload = 1024;
/// Of a step: what decimals cost in binary.
constexpr double rounding = 1e-6;

std::string dumped(Json const& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string plain(double number) { return fmt::format("{}", number); }

std::string json_value(Value const& value) {
    if (auto const* const text = std::get_if<std::string>(&value)) return json_string(*text);
    if (auto const* const whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
    return format_number(std::get<double>(value));
}

std::string small(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

Error not_one_of(Field const& field, std::string_view wanted) {
    return Error{Errc::out_of_range, fmt::format("{} can be set to {}, not to {}", field.settable->name,
                                                 range_text(field), quote(wanted, 40))};
}

/// The value in a payload, and the transaction.
Result<> read_payload(std::string_view payload, Command& command) {
    if (payload.size() > longest_payload)
        return Error{Errc::malformed, fmt::format("a request has at most {} bytes", longest_payload)};
    auto const bare = trimmed(payload);
    if (!bare.starts_with('{')) {
        command.wanted = bare;
        if (bare.empty()) return Error{Errc::malformed, "there is no value in the request"};
        return {};
    }
    auto const json = Json::parse(bare, nullptr, false);
    if (!json.is_object())
        return Error{Errc::malformed,
                     "a request is a value, or JSON like {\"value\":45.5,\"transaction\":\"a1\"}"};
    if (auto const found = json.find("transaction"); found != json.end())
        command.transaction = dumped(*found);
    auto const value = json.find("value");
    if (value == json.end()) return Error{Errc::malformed, "there is no \"value\" in the request"};
    command.wanted = value->is_string() ? value->get<std::string>() : dumped(*value);
    return {};
}

}  // namespace

std::optional<Commanded> read_command(std::string_view base, std::string_view topic,
                                      std::string_view payload) {
    constexpr std::string_view level = "/set/";
    if (!topic.starts_with(base) || topic.substr(base.size(), 1) != "/") return std::nullopt;
    topic.remove_prefix(base.size() + 1);
    auto const device_end = topic.find('/');
    if (device_end == std::string_view::npos || !topic.substr(device_end).starts_with(level))
        return std::nullopt;
    Commanded commanded;
    commanded.command.device = topic.substr(0, device_end);
    commanded.command.name = topic.substr(device_end + level.size());
    commanded.understood = read_payload(payload, commanded.command);
    return commanded;
}

std::string range_text(Field const& field) {
    auto const& settable = *field.settable;
    if (field.kind == Field::Kind::flag) return "on or off";
    if (field.kind != Field::Kind::text)
        return fmt::format("{} to {} in steps of {}", plain(settable.least), plain(settable.most),
                           plain(settable.step));
    std::string list;
    for (auto const& option : settable.options) list += (list.empty() ? "" : ", ") + option;
    return list;
}

Result<Value> settable_value(Field const& field, std::string_view wanted) {
    auto const& settable = *field.settable;
    auto const text = small(wanted);
    if (field.kind == Field::Kind::flag) {
        if (text == "on" || text == "true" || text == "1") return Value(std::int64_t{1});
        if (text == "off" || text == "false" || text == "0") return Value(std::int64_t{0});
        return not_one_of(field, wanted);
    }
    if (field.kind == Field::Kind::text) {
        auto const found = std::find_if(settable.options.begin(), settable.options.end(),
                                        [&text](std::string const& option) { return small(option) == text; });
        if (found == settable.options.end()) return not_one_of(field, wanted);
        return Value(*found);
    }
    auto const number = to_number<double>(wanted);
    if (!number || !std::isfinite(*number) || *number < settable.least || *number > settable.most)
        return not_one_of(field, wanted);
    double const steps = (*number - settable.least) / settable.step;
    if (std::abs(steps - std::round(steps)) > rounding) return not_one_of(field, wanted);
    if (field.kind == Field::Kind::whole) return Value(static_cast<std::int64_t>(std::llround(*number)));
    return Value(*number);
}

std::string_view to_string(Outcome::State state) {
    switch (state) {
        case Outcome::State::done:
            return "done";
        case Outcome::State::unchanged:
            return "unchanged";
        case Outcome::State::refused:
            return "refused";
        case Outcome::State::failed:
            return "failed";
        case Outcome::State::unknown:
            break;
    }
    return "unknown";
}

std::string answer_json(Command const& command, Outcome const& outcome, Timestamp time) {
    std::string text =
        fmt::format("{{\"ts\":{},\"name\":{}", time.time_since_epoch().count(), json_string(command.name));
    if (!command.transaction.empty()) text += ",\"transaction\":" + command.transaction;
    text += fmt::format(",\"state\":\"{}\"", to_string(outcome.state));
    if (outcome.value) text += ",\"value\":" + json_value(*outcome.value);
    if (!outcome.text.empty()) text += ",\"text\":" + json_string(outcome.text);
    return text + "}";
}

Outcome cut_off(bool told) {
    if (told)
        return {Outcome::State::unknown,
                {},
                "the bridge stops; it was sent, and nobody waits for what becomes of it"};
    return {Outcome::State::refused, {}, "the bridge stops; nothing was written"};
}

SetRequest::SetRequest(std::string name, Value value, Answer answer, Tell tell)
    : name_(std::move(name)), value_(std::move(value)), answer_(std::move(answer)), tell_(std::move(tell)) {}

SetRequest::~SetRequest() { answer(cut_off(told_)); }

SetRequest::SetRequest(SetRequest&& other) noexcept
    : name_(std::move(other.name_)),
      value_(std::move(other.value_)),
      answer_(std::exchange(other.answer_, nullptr)),
      tell_(std::move(other.tell_)),
      told_(other.told_) {}

SetRequest& SetRequest::operator=(SetRequest&& other) noexcept {
    if (this == &other) return *this;
    answer(cut_off(told_));
    name_ = std::move(other.name_);
    value_ = std::move(other.value_);
    answer_ = std::exchange(other.answer_, nullptr);
    tell_ = std::move(other.tell_);
    told_ = other.told_;
    return *this;
}

bool SetRequest::may_tell() {
    if (!answer_ || !tell_()) return false;
    told_ = true;
    return true;
}

void SetRequest::answer(Outcome const& outcome) {
    if (auto const answer = std::exchange(answer_, nullptr)) answer(outcome);
}

}  // namespace bridge
