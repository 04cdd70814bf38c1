// SPDX-License-Identifier: MIT
#include "flat_json.hpp"

#include <bridge/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

namespace sink {

namespace {

/// Takes the parser's events (the names of these functions are its own); false ends the parsing.
class Flattener {
  public:
    using number_integer_t = nlohmann::json::number_integer_t;
    using number_unsigned_t = nlohmann::json::number_unsigned_t;
    using number_float_t = nlohmann::json::number_float_t;
    using string_t = nlohmann::json::string_t;
    using binary_t = nlohmann::json::binary_t;

    bool null() {
        if (at_ts()) return refuse_ts();
        if (auto const known = find(); known != flat_.readings.end()) flat_.readings.erase(known);
        return true;
    }
    bool boolean(bool truth) { return at_ts() ? refuse_ts() : add(std::int64_t{truth ? 1 : 0}); }
    bool number_integer(number_integer_t number) {
        if (!at_ts()) return add(number);
        flat_.ts = number;
        return true;
    }
    bool number_unsigned(number_unsigned_t number) {
        constexpr auto most = static_cast<number_unsigned_t>(std::numeric_limits<std::int64_t>::max());
        if (number <= most) return number_integer(static_cast<number_integer_t>(number));
        if (!at_ts()) return add(static_cast<double>(number));
        flat_.ts = std::numeric_limits<std::int64_t>::max();
        return true;
    }
    bool number_float(number_float_t number, string_t const&) { return at_ts() ? refuse_ts() : add(number); }
    bool string(string_t& text) { return at_ts() ? refuse_ts() : add(text); }
    bool binary(binary_t&) { return refuse(Reason::not_json, "JSON has no binary values"); }

    bool start_object(std::size_t) {
        if (at_ts()) return refuse_ts();
        if (prefixes_.size() == deepest_object) {
            return refuse(Reason::nesting, fmt::format("objects nested more than {} deep", deepest_object));
        }
        // A field in an object in a field: the name so far stays in front.
        if (!prefixes_.empty()) name_ += '_';
        prefixes_.push_back(name_.size());
        return true;
    }
    bool key(string_t& text) {
        name_.resize(prefixes_.back());
        name_ += text;
        if (text.empty() || name_.size() > longest_field_name || has_control(text)) {
            return refuse(Reason::field_name,
                          fmt::format("the field name {} is empty, too long or has control characters",
                                      bridge::quote(name_, 40)));
        }
        return true;
    }
    bool end_object() {
        prefixes_.pop_back();
        return true;
    }
    bool start_array(std::size_t) { return refuse(Reason::array, "arrays are no readings"); }
    bool end_array() { return true; }

    bool parse_error(std::size_t position, std::string const&, nlohmann::json::exception const& error) {
        constexpr int number_out_of_range = 406;
        if (error.id == number_out_of_range) {
            return refuse(Reason::number, fmt::format("the number before byte {} is too large", position));
        }
        return refuse(Reason::not_json, fmt::format("not JSON at byte {}", position));
    }

    [[nodiscard]] std::optional<Refusal> const& refusal() const { return refusal_; }
    [[nodiscard]] FlatJson&& take() { return std::move(flat_); }

  private:
    [[nodiscard]] bool at_ts() const { return prefixes_.size() == 1 && name_ == "ts"; }

    static bool has_control(std::string_view text) {
        return std::ranges::any_of(
            text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; });
    }

    bool refuse(Reason reason, std::string sentence) {
        refusal_ = Refusal{reason, std::move(sentence)};
        return false;
    }
    bool refuse_ts() { return refuse(Reason::timestamp, "ts is not a whole number"); }

    std::vector<bridge::Reading>::iterator find() {
        return std::ranges::find(flat_.readings, name_, &bridge::Reading::name);
    }

    bool add(bridge::Value value) {
        if (prefixes_.empty()) name_ = "value";
        if (auto const known = find(); known != flat_.readings.end()) {
            known->value = std::move(value);
            return true;
        }
        if (flat_.readings.size() == most_fields) {
            return refuse(Reason::too_many_fields, fmt::format("more than {} fields", most_fields));
        }
        flat_.readings.push_back({name_, std::move(value)});
        return true;
    }

    FlatJson flat_;
    std::optional<Refusal> refusal_;
    std::string name_;  ///< of the value to come, the names of the objects around it included
    std::vector<std::size_t> prefixes_;  ///< for each open object: how much of `name_` is of those around
};

}  // namespace

std::variant<FlatJson, Refusal> flatten_json(std::string_view payload) {
    Flattener flattener;
    (void)nlohmann::json::sax_parse(payload, &flattener);  // what it returns is in the refusal too
    if (flattener.refusal()) {
        Refusal refusal = *flattener.refusal();
        // Broken UTF-8 is told from other damage only here: intact messages need no second look.
        if (refusal.reason == Reason::not_json && !bridge::is_utf8(payload)) {
            refusal = {Reason::utf8, "not UTF-8"};
        }
        return refusal;
    }
    return flattener.take();
}

}  // namespace sink
