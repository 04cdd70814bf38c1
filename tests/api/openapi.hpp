// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace test {

/// docs/openapi.yaml, as far as programs can be held against it.
struct OpenApi {
    using Json = nlohmann::json;

    struct Parameter {
        std::string name;
        std::string in;  ///< `query`, `path`, `header`
        bool required = false;
        bool may_be_empty = false;
        std::string example;
        Json schema;
    };
    struct Operation {
        std::string method;  ///< `GET`
        std::string path;    ///< `/measurements/{node}/latest`
        std::vector<Parameter> parameters;
        /// By status: the schema of each content type, whose references are filled in.
        std::map<int, std::map<std::string, Json>> answers;
    };
    std::vector<Operation> operations;

    /// Throws where the file is not as it must be.
    [[nodiscard]] static OpenApi load();
};

/// `a` as a query or a path has it.
[[nodiscard]] std::string escaped(std::string const& text);

/// Why a body is not as the schema says; empty if it is.
[[nodiscard]] std::string violation(OpenApi::Json const& schema, OpenApi::Json const& body);

}  // namespace test
