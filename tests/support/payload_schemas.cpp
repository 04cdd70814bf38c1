// SPDX-License-Identifier: MIT
#include "payload_schemas.hpp"

#include "temp_folder.hpp"

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

namespace test {

namespace {

using Json = nlohmann::json;
using Adapter = valijson::adapters::NlohmannJsonAdapter;

std::vector<std::string> levels_of(std::string const& topic) {
    std::vector<std::string> levels;
    std::istringstream rest(topic);
    for (std::string level; std::getline(rest, level, '/');) levels.push_back(level);
    return levels;
}

/// What becomes of a message: held against a schema, not looked at, or on a topic that is none.
struct Rule {
    std::string schema = {};  ///< without `.json`
    bool plain_text = false;
    bool ignored = false;
};
constexpr auto heard = "request";

Rule rule_of(std::vector<std::string> const& levels) {
    std::string const program = levels[0] + "2mqtt";
    std::string const& second = levels[1];
    std::string const third = levels.size() > 2 ? levels[2] : "";
    if (second == "bridge") {
        if (levels.size() == 4 && third == heard) return {.ignored = true};
        if (levels.size() == 4 && third == "response") return {"bridge.response"};
        if (levels.size() == 3) return {"bridge." + third, third == "state"};
        return {};
    }
    if (third == "value" || third == "set") return {.ignored = true};
    if (third == "set_result") return levels.size() == 3 ? Rule{third} : Rule{};
    if (third == "history") {
        if (levels.size() == 3) return {program};
        return levels.size() == 4 ? Rule{program + "." + levels[3]} : Rule{};
    }
    if (levels.size() == 2) return {program};
    if (levels.size() > 3) return {};
    if (third == "availability") return {third, true};
    if (third == "event" || third == "alerts") return {third};
    return {program + "." + third};
}

}  // namespace

class PayloadSchemas::Files {
  public:
    [[nodiscard]] bool has(std::string const& name) const {
        return !name.empty() && std::filesystem::exists(path(name));
    }
    [[nodiscard]] valijson::Schema const& schema(std::string const& name) {
        auto const [found, added] = schemas_.try_emplace(name);
        if (!added) return found->second;
        auto const json = Json::parse(read_file(path(name)), nullptr, false);
        if (json.is_discarded()) throw std::runtime_error(path(name).string() + " is no JSON");
        valijson::SchemaParser parser;
        parser.populateSchema(Adapter(json), found->second);
        return found->second;
    }

  private:
    [[nodiscard]] static std::filesystem::path path(std::string const& name) {
        return std::filesystem::path(SCHEMA_FOLDER) / (name + ".json");
    }

    std::map<std::string, valijson::Schema> schemas_;
};

PayloadSchemas::PayloadSchemas() : files_(std::make_unique<Files>()) {}
PayloadSchemas::~PayloadSchemas() = default;

std::vector<std::string> PayloadSchemas::bases() const {
    constexpr std::string_view end = "2mqtt.json";
    std::vector<std::string> bases;
    for (auto const& entry : std::filesystem::directory_iterator(SCHEMA_FOLDER)) {
        auto const name = entry.path().filename().string();
        if (name.ends_with(end)) bases.push_back(name.substr(0, name.size() - end.size()));
    }
    return bases;
}

std::string PayloadSchemas::violation(std::string const& topic, std::string const& payload) {
    auto const levels = levels_of(topic);
    if (levels.size() < 2 || !files_->has(levels[0] + "2mqtt")) return {};
    auto const rule = rule_of(levels);
    if (rule.ignored) return {};
    if (!files_->has(rule.schema))
        return topic + " is no topic of a bridge: it has no schema in docs/schemas";
    Json const json = rule.plain_text ? Json(payload) : Json::parse(payload, nullptr, false);
    if (json.is_discarded()) return topic + " has no JSON: " + payload;
    valijson::Validator validator;
    valijson::ValidationResults results;
    if (validator.validate(files_->schema(rule.schema), Adapter(json), &results)) return {};
    std::string wrong = topic + " is not as " + rule.schema + ".json says: " + payload;
    for (auto const& error : results) {
        wrong += "\n  ";
        for (auto const& part : error.context) wrong += part;
        wrong += ": " + error.description;
    }
    return wrong;
}

}  // namespace test
