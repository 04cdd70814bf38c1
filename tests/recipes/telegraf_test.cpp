// SPDX-License-Identifier: MIT
#include "document.hpp"
#include "suite.hpp"

#include "catch.hpp"

#include <toml++/toml.h>
#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <sstream>

using namespace test;
using Json = nlohmann::json;

namespace {

std::vector<std::string> parts(std::string const& topic) {
    std::vector<std::string> found;
    std::istringstream text(topic);
    for (std::string part; std::getline(text, part, '/');) found.push_back(part);
    return found;
}

/// Whether a topic is one of a filter without `#`.
bool is_of(std::string const& topic, std::string const& filter) {
    return std::ranges::equal(parts(topic), parts(filter), [](auto const& part, auto const& wanted) {
        return wanted == "+" || wanted == part;
    });
}

/// What Telegraf's documentation says of `inputs.mqtt_consumer` and the `json` format, as far as the recipe
/// uses it: one of its instances as a function from message to line, the fields in alphabetical order.
class Consumer {
  public:
    explicit Consumer(toml::table const& settings) : settings_(settings) {
        for (auto const* must : {"servers", "client_id"}) CHECK(settings.contains(must));
        CHECK(settings["persistent_session"] == true);
        CHECK(settings["qos"] == 1);
        CHECK(settings["topic_tag"] == "");
        CHECK(settings["data_format"] == "json");
        CHECK(settings["json_time_key"] == "ts");
        CHECK(settings["json_time_format"] == "unix_ms");
        topics_ = texts("topics");
        text_fields_ = texts("json_string_fields");
        for (auto const& table : *settings["topic_parsing"].as_array()) {
            Parsing parsing;
            auto const& given = *table.as_table();
            parsing.topic = given["topic"].value_or("");
            parsing.measurement = parts(given["measurement"].value_or(""));
            parsing.tags = parts(given["tags"].value_or(""));
            // Telegraf refuses to start otherwise.
            CHECK(parsing.measurement.size() == parts(parsing.topic).size());
            CHECK(parsing.tags.size() == parts(parsing.topic).size());
            parsings_.push_back(parsing);
        }
    }

    [[nodiscard]] std::vector<std::string> const& topics() const { return topics_; }
    [[nodiscard]] bool takes(std::string const& topic) const {
        return std::ranges::any_of(topics_, [&](auto const& filter) { return is_of(topic, filter); });
    }

    [[nodiscard]] std::string line(std::string const& topic, Json const& payload) const {
        std::string measurement = "mqtt_consumer";
        std::map<std::string, std::string> tags, fields;
        auto const levels = parts(topic);
        for (auto const& parsing : parsings_) {
            if (!is_of(topic, parsing.topic)) continue;
            for (std::size_t i = 0; i < levels.size(); ++i) {
                if (parsing.measurement[i] != "_") measurement = levels[i];
                if (parsing.tags[i] != "_") tags[parsing.tags[i]] = levels[i];
            }
        }
        for (auto const& [name, value] : payload.items()) {
            if (name == "ts") continue;
            if (value.is_number()) fields[name] = shortest(value.get<double>());
            if (value.is_string() && is_text(name)) fields[name] = "\"" + value.get<std::string>() + "\"";
        }
        for (auto const& [name, value] : tags) measurement += "," + name + "=" + value;
        char before = ' ';
        for (auto const& [name, value] : fields) {
            measurement += before + name + "=" + value;
            before = ',';
        }
        return measurement + " " + std::to_string(payload.at("ts").get<std::int64_t>()) + "000000";
    }

    /// A field that Telegraf would drop, if there is one.
    [[nodiscard]] std::string dropped(Json const& payload) const {
        for (auto const& [name, value] : payload.items())
            if (!value.is_number() && !(value.is_string() && is_text(name))) return name;
        return "";
    }

  private:
    struct Parsing {
        std::string topic;
        std::vector<std::string> measurement, tags;
    };

    [[nodiscard]] std::vector<std::string> texts(char const* key) const {
        std::vector<std::string> found;
        for (auto const& item : *settings_[key].as_array()) found.push_back(item.value_or(std::string()));
        return found;
    }
    [[nodiscard]] bool is_text(std::string const& name) const {
        return std::ranges::any_of(text_fields_, [&](std::string const& pattern) {
            return pattern.starts_with('*') ? name.ends_with(pattern.substr(1)) : name == pattern;
        });
    }
    static std::string shortest(double number) {
        char digits[32];
        auto const end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
        return {digits, end};
    }

    toml::table settings_;
    std::vector<std::string> topics_, text_fields_;
    std::vector<Parsing> parsings_;
};

std::vector<Consumer> consumers() {
    auto const code = shown_code("recipes/telegraf.md", "toml");
    REQUIRE(code.size() == 1);
    auto const file = toml::parse(code.front());
    std::vector<Consumer> found;
    for (auto const& one : *file["inputs"]["mqtt_consumer"].as_array()) found.emplace_back(*one.as_table());
    return found;
}

std::string without_history(std::string topic) {
    auto const at = topic.find("/history");
    return at == std::string::npos ? topic : topic.erase(at, std::string("/history").size());
}

}  // namespace

TEST_CASE("Telegraf's recipe takes every reading once and nothing else") {
    TempFolder const folder;
    Suite const suite(folder);
    auto const all = consumers();
    std::set<std::string> readings;
    for (auto const& topic : suite.topics()) {
        INFO(topic);
        auto const takers = std::ranges::count_if(all, [&](auto const& one) { return one.takes(topic); });
        bool const reading = suite.publishes(topic, "seq");
        CHECK(takers == (reading ? 1 : 0));
        if (reading) readings.insert(topic);
    }
    // What the simulated water was not tested for is at least a channel of the device's page.
    auto const page = document("devices/mastertronic2mqtt.md");
    for (auto const& channel : matches(page, R"(\| `(\w+)`: `\w+` \|)"))
        readings.insert("mastertronic/watertester/" + channel.at(1));
    for (auto const& one : all) {
        for (auto const& filter : one.topics()) {
            INFO(filter);
            // Readings that came late are where the others are, one level deeper.
            CHECK(std::ranges::any_of(readings, [&](auto const& topic) {
                return is_of(without_history(topic), without_history(filter));
            }));
        }
    }
    CHECK(readings.size() > 15);
}

TEST_CASE("Telegraf's recipe makes the lines that it shows of what is published") {
    TempFolder const folder;
    Suite const suite(folder);
    auto const all = consumers();
    auto const code = shown_code("recipes/telegraf.md", "");
    REQUIRE(code.size() == 1);
    std::istringstream lines(code.front());
    int shown = 0;
    for (std::string message, line, gap; std::getline(lines, message); std::getline(lines, gap), ++shown) {
        REQUIRE(std::getline(lines, line));
        INFO(message);
        auto const space = message.find(' ');
        auto const topic = message.substr(0, space);
        auto const payload = Json::parse(message.substr(space + 1));
        auto const taker = std::ranges::find_if(all, [&](auto const& one) { return one.takes(topic); });
        REQUIRE(taker != all.end());
        CHECK(taker->line(topic, payload) == line);
        CHECK(taker->dropped(payload) == "");
        for (auto const& [field, value] : payload.items()) {
            INFO(field);
            CHECK(suite.publishes(topic, field));
        }
    }
    CHECK(shown == 4);
    // Every field of every reading has a type that comes through.
    for (auto const& topic : suite.topics()) {
        for (auto const& one : all) {
            if (!one.takes(topic)) continue;
            INFO(topic);
            CHECK(one.dropped(Json::parse(suite.newest(topic))) == "");
        }
    }
}
