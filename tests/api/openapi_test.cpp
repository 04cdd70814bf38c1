// SPDX-License-Identifier: MIT
#include "works.hpp"

#include "support/eventually.hpp"

#include "catch.hpp"
#include "matchers.hpp"

#include <algorithm>
#include <limits>
#include <regex>
#include <set>

using namespace test;

namespace {

constexpr auto stream_path = "/api/v1/stream";

GivenParameters required_of(OpenApi::Operation const& operation) {
    GivenParameters given;
    for (auto const& parameter : operation.parameters) {
        if (parameter.required) given.emplace_back(parameter.name, parameter.example);
    }
    return given;
}

GivenParameters with(GivenParameters given, std::string const& name, std::string const& value) {
    auto const known = std::ranges::find(given, name, &GivenParameters::value_type::first);
    if (known == given.end()) {
        given.emplace_back(name, value);
    } else {
        known->second = value;
    }
    return given;
}

std::string type_of(HttpAnswer const& answer) {
    auto const found = answer.headers.find("Content-Type");
    auto const type = found == answer.headers.end() ? std::string() : found->second;
    return type.substr(0, type.find(';'));
}

/// Whether an answer is one of those that are described.
void check_described(OpenApi::Operation const& operation, HttpAnswer const& answer) {
    INFO(answer.status << " " << answer.body.substr(0, 1000));
    auto const described = operation.answers.find(answer.status);
    REQUIRE(described != operation.answers.end());
    if (described->second.empty()) return;
    auto const content = described->second.find(type_of(answer));
    INFO(type_of(answer));
    REQUIRE(content != described->second.end());
    bool const json = content->first == "application/json";
    auto const body = json ? OpenApi::Json::parse(answer.body, nullptr, false) : OpenApi::Json(answer.body);
    REQUIRE_FALSE(body.is_discarded());
    CHECK(violation(content->second, body) == "");
}

/// GET with what is right, and HEAD, and the tag.
void check_right(ApiWorks const& works, OpenApi::Operation const& operation, GivenParameters const& given) {
    auto const target = target_of(operation, given);
    INFO(target);
    auto const head = works.sink.ask({.method = "HEAD", .target = target});
    CHECK((head.status == 200 || operation.path == "/login"));
    CHECK(head.body.empty());
    // It has no end.
    if (operation.path == stream_path) {
        CHECK(type_of(head) == "text/event-stream");
        return;
    }
    auto const answer = works.sink.get(target);
    CHECK(answer.status == head.status);
    CHECK(type_of(head) == type_of(answer));
    check_described(operation, answer);
    if (!answer.headers.contains("ETag")) {
        CHECK_FALSE(operation.answers.contains(304));
        return;
    }
    auto const same =
        works.sink.ask({.target = target, .headers = {{"If-None-Match", answer.headers.at("ETag")}}});
    // Times that count from now are others by now.
    bool const moves = answer.body.find("\"from\":") != std::string::npos;
    CHECK((same.status == 304 || moves));
}

/// What is wrong with a parameter of this kind, whatever is stored.
std::vector<std::string> bad_values(OpenApi::Parameter const& parameter) {
    std::vector<std::string> bad;
    if (!parameter.may_be_empty) bad.push_back("");
    if (parameter.schema.at("type") == "integer") {
        auto const least = parameter.schema.at("minimum").get<std::int64_t>();
        auto const most = parameter.schema.at("maximum").get<std::int64_t>();
        for (auto const number : {least - 1, most + 1, std::numeric_limits<std::int64_t>::max()})
            bad.push_back(std::to_string(number));
        for (auto const* text : {"x", "1.5", "1e2", " 1", "1 ", "0x1", "99999999999999999999", "-"})
            bad.emplace_back(text);
    } else {
        bad.push_back(std::string(parameter.schema.at("maxLength").get<std::size_t>() + 1, 'x'));
        bad.emplace_back("a\0b", 3);
    }
    if (parameter.schema.value("format", "") == "point-in-time") {
        for (auto const* text :
             {"yesterday", "2026-13-01", "2026-02-30", "1.5.2026", "2026-08-01T25:00", "-", "-1x", "--1h",
              "-1e999d", "99999999999999999999", "2026-08-01T07:40:00+02:00"})
            bad.emplace_back(text);
    }
    return bad;
}

/// Refused, with a sentence, as described.
void check_refused(ApiWorks const& works, OpenApi::Operation const& operation, GivenParameters const& given,
                   int status) {
    auto const target = target_of(operation, given);
    INFO(target.substr(0, 300));
    auto const answer = works.sink.get(target);
    CHECK(answer.status == status);
    check_described(operation, answer);
}

}  // namespace

TEST_CASE("every path of openapi.yaml is answered as it says, and there is no other") {
    ApiWorks const works;
    auto const api = OpenApi::load();
    REQUIRE(api.operations.size() > 12);
    std::map<std::string, std::set<std::string>> methods;
    std::map<std::string, std::string> targets;
    for (auto const& operation : api.operations) {
        methods[operation.path].insert(operation.method);
        if (operation.method != "GET") continue;
        auto const required = required_of(operation);
        targets[operation.path] = target_of(operation, required);
        check_right(works, operation, required);
        GivenParameters all = required;
        for (auto const& parameter : operation.parameters) {
            check_right(works, operation, with(required, parameter.name, parameter.example));
            all = with(all, parameter.name, parameter.example);
        }
        check_right(works, operation, all);
    }
    // What the program says that it has.
    auto const routes =
        nlohmann::json::parse(works.sink.get("/there-is-no-such").body).at("error").get<std::string>();
    for (auto const& [path, described] : methods) {
        INFO(path);
        auto const folder = path.substr(0, path.find('/', 1) + 1);
        bool const known = (routes + ",").find(" " + path + ",") != std::string::npos ||
                           (routes + ",").find(" " + folder + ",") != std::string::npos;
        CHECK(known);
        // Every other method is refused with those that there are.
        for (auto const* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"}) {
            if (described.contains(method)) continue;
            auto const refused = works.sink.ask({.method = method, .target = targets.at(path)});
            INFO(method);
            CHECK(refused.status == 405);
            std::set<std::string> allowed;
            std::regex const word("[A-Z]+");
            auto const& list = refused.headers.at("Allow");
            for (auto at = std::sregex_iterator(list.begin(), list.end(), word); at != std::sregex_iterator();
                 ++at)
                allowed.insert(at->str());
            auto expected = described;
            if (expected.contains("GET")) expected.insert("HEAD");
            CHECK(allowed == expected);
        }
    }
    std::regex const route("/[^ ,]*");
    auto at = std::sregex_iterator(routes.begin(), routes.end(), route);
    // The first is the one that there is not.
    for (++at; at != std::sregex_iterator(); ++at) {
        auto const name = at->str();
        INFO(name);
        bool const folder = name.size() > 1 && name.ends_with('/');
        CHECK(std::ranges::any_of(methods, [&](auto const& entry) {
            return folder ? entry.first.starts_with(name) : entry.first == name;
        }));
    }
}

TEST_CASE("every parameter of openapi.yaml is refused with a sentence if it is wrong") {
    ApiWorks const works;
    for (auto const& operation : OpenApi::load().operations) {
        if (!operation.path.starts_with("/api/v1/")) continue;
        auto const required = required_of(operation);
        check_refused(works, operation, with(required, "unknown", "1"), 400);
        for (auto const& parameter : operation.parameters) {
            if (parameter.in != "query") continue;
            INFO(parameter.name);
            for (auto const& bad : bad_values(parameter))
                check_refused(works, operation, with(required, parameter.name, bad), 400);
            auto twice = with(required, parameter.name, parameter.example);
            twice.emplace_back(parameter.name, parameter.example);
            check_refused(works, operation, twice, 400);
            if (parameter.required) {
                auto without = required;
                std::erase_if(without, [&](auto const& given) { return given.first == parameter.name; });
                check_refused(works, operation, without, 400);
            }
            bool const name = parameter.schema.at("type") == "string" && !parameter.schema.contains("format");
            if (name && operation.answers.contains(404))
                check_refused(works, operation, with(required, parameter.name, "there is none"), 404);
        }
        bool const span = std::ranges::count(operation.parameters, "to", &OpenApi::Parameter::name) > 0;
        if (span) check_refused(works, operation, with(with(required, "from", "2000"), "to", "1999"), 400);
    }
}

TEST_CASE("what is answered is the measured number, small if that is asked for") {
    ApiWorks const works;
    auto const query = works.sink.get("/api/v1/query?device=mains&field=frequency_hz&from=-1h");
    CHECK_THAT(query.body, contains_text(",49.99]"));
    CHECK_THAT(query.body, !contains_text("49.98"));
    auto const file = works.sink.get("/api/v1/export.csv?device=mains&channel=10s&from=-1h");
    CHECK(file.headers.at("Content-Disposition") == "attachment; filename=\"mfm_mains_10s.csv\"");
    CHECK_THAT(file.body, contains_text("time,ts,mean_hz,note_text\r\n") &&
                              contains_text(",50.01,\"a, \"\"b\"\"\"\r\n"));
    auto const small = works.sink.ask({.target = "/", .headers = {{"Accept-Encoding", "gzip"}}});
    CHECK(small.headers.at("Content-Encoding") == "gzip");
    CHECK(small.body.size() * 2 < works.sink.get("/").body.size());
    // What Prometheus reads is from memory, and there a moment later.
    CHECK(eventually([&] {
        auto const text = works.sink.get("/metrics").body;
        return text.find("\nmfm_frequency_hz{base=\"mfm\",device=\"mains\"} 49.99\n") != std::string::npos &&
               text.find("\nmfm_mean_hz{base=\"mfm\",device=\"mains\",channel=\"10s\"} 50.01\n") !=
                   std::string::npos;
    }));
    // A form is needed to log in.
    auto const login = works.sink.ask({.method = "POST",
                                       .target = "/login",
                                       .headers = {{"Content-Type", "application/json"}},
                                       .body = "{\"token\":\"x\"}"});
    CHECK(login.status == 415);
}
