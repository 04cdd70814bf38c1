// SPDX-License-Identifier: MIT
#pragma once

#include "openapi.hpp"

#include "e2e/program.hpp"

#include "support/mqtt_probe.hpp"

#include <string>
#include <vector>

namespace test {

/// A broker and a sink that has what the examples of docs/openapi.yaml ask for.
struct ApiWorks {
    TempFolder folder;
    Broker broker{folder, {.checked = false}};
    MqttProbe probe{broker.port(), {}};
    Program sink;

    explicit ApiWorks(Variables variables = {});
};

/// A parameter and its value, not yet escaped.
using GivenParameters = std::vector<std::pair<std::string, std::string>>;

/// `/api/v1/query?device=mains`: those of the path are put in, the others follow it. What is in headers is
/// left out.
[[nodiscard]] std::string target_of(OpenApi::Operation const& operation, GivenParameters const& given);

}  // namespace test
