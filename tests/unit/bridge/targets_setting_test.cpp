// SPDX-License-Identifier: MIT
#include <bridge/settings.hpp>

#include "catch.hpp"

using namespace bridge;

namespace {

Environment const nothing = [](std::string const&) { return std::optional<std::string>(); };

Result<std::vector<Target>> routers(std::string const& text) {
    std::vector<Target> targets;
    Options options("test", "isems", "a test");
    options.add_targets("isems", "router_ips", targets, "", "routers");
    auto const parsed = options.parse({"--router-ips", text}, nothing);
    if (!parsed) return parsed.error();
    // What is printed is what was read.
    std::vector<Target> again;
    Options other("test", "isems", "a test");
    other.add_targets("isems", "router_ips", again, "", "routers");
    auto shown = options.to_toml();
    shown = shown.substr(shown.find('"') + 1);
    REQUIRE(other.parse({"--router-ips", shown.substr(0, shown.find('"'))}, nothing).has_value());
    CHECK(again == targets);
    return targets;
}

}  // namespace

TEST_CASE("targets without a name are called as their addresses where there is no default name") {
    auto const targets = routers("10.36.158.33, roof=10.31.1.229:81,bridge");
    REQUIRE(targets.has_value());
    CHECK(*targets == std::vector<Target>{{"10.36.158.33", "10.36.158.33"},
                                          {"roof", "10.31.1.229:81"},
                                          {"bridge", "bridge"}});
    CHECK_FALSE(routers("10.0.0.1,10.0.0.1").has_value());
    CHECK_FALSE(routers("bridge=10.0.0.1").has_value());
}
