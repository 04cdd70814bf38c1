// SPDX-License-Identifier: MIT
#include "openapi.hpp"

#include <yaml-cpp/yaml.h>
#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <stdexcept>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

namespace test {

namespace {

using Json = OpenApi::Json;

Json to_json(YAML::Node const& node) {
    if (node.IsMap()) {
        Json object = Json::object();
        for (auto const& entry : node) object[entry.first.as<std::string>()] = to_json(entry.second);
        return object;
    }
    if (node.IsSequence()) {
        Json array = Json::array();
        for (auto const& item : node) array.push_back(to_json(item));
        return array;
    }
    if (!node.IsScalar()) return nullptr;
    auto const text = node.as<std::string>();
    // What has quotes is a text.
    if (node.Tag() == "!") return text;
    auto const value = Json::parse(text, nullptr, false);
    return value.is_boolean() || value.is_number() ? value : Json(text);
}

/// With what `$ref` points at in the place of each. None of them goes in a circle.
Json filled(Json const& part, Json const& whole) {
    if (part.is_object() && part.contains("$ref")) {
        auto const reference = part.at("$ref").get<std::string>();
        return filled(whole.at(Json::json_pointer(reference.substr(1))), whole);
    }
    Json out = part;
    for (auto& item : out) {
        if (item.is_structured()) item = filled(item, whole);
    }
    return out;
}

OpenApi::Parameter to_parameter(Json const& from) {
    OpenApi::Parameter parameter;
    parameter.name = from.at("name");
    parameter.in = from.at("in");
    parameter.required = from.value("required", false);
    parameter.may_be_empty = from.value("allowEmptyValue", false);
    parameter.schema = from.at("schema");
    if (from.contains("example")) {
        auto const& example = from.at("example");
        parameter.example = example.is_string() ? example.get<std::string>() : example.dump();
    }
    return parameter;
}

OpenApi::Operation to_operation(std::string method, std::string path, Json const& from) {
    std::ranges::transform(method, method.begin(), [](char c) { return static_cast<char>(std::toupper(c)); });
    OpenApi::Operation operation{std::move(method), std::move(path), {}, {}};
    if (from.contains("parameters")) {
        for (auto const& parameter : from.at("parameters"))
            operation.parameters.push_back(to_parameter(parameter));
    }
    for (auto const& [status, answer] : from.at("responses").items()) {
        auto& schemas = operation.answers[std::stoi(status)];
        if (!answer.contains("content")) continue;
        for (auto const& [type, content] : answer.at("content").items()) schemas[type] = content.at("schema");
    }
    return operation;
}

}  // namespace

OpenApi OpenApi::load() {
    auto const whole = to_json(YAML::LoadFile(SOURCE_FOLDER "/docs/openapi.yaml"));
    auto const paths = filled(whole.at("paths"), whole);
    OpenApi api;
    for (auto const& [path, operations] : paths.items()) {
        for (auto const& [method, operation] : operations.items())
            api.operations.push_back(to_operation(method, path, operation));
    }
    return api;
}

std::string escaped(std::string const& text) {
    std::string out;
    for (unsigned char const c : text) {
        std::array<char, 4> hex{};
        std::snprintf(hex.data(), hex.size(), "%%%02X", c);
        out += std::isalnum(c) || c == '-' || c == '_' || c == '.' ? std::string(1, static_cast<char>(c))
                                                                   : std::string(hex.data());
    }
    return out;
}

std::string violation(Json const& schema, Json const& body) {
    using Adapter = valijson::adapters::NlohmannJsonAdapter;
    valijson::Schema parsed;
    valijson::SchemaParser parser;
    parser.populateSchema(Adapter(schema), parsed);
    valijson::Validator validator;
    valijson::ValidationResults results;
    if (validator.validate(parsed, Adapter(body), &results)) return {};
    std::string wrong;
    for (auto const& error : results) {
        for (auto const& place : error.context) wrong += place;
        wrong += ": " + error.description + "\n";
    }
    return wrong + body.dump().substr(0, 500);
}

}  // namespace test
