// SPDX-License-Identifier: MIT
#include "mqtt-sink/write_answer.hpp"

#include "catch.hpp"
#include "matchers.hpp"

using namespace sink;
using Meaning = WriteAnswer::Meaning;

namespace {

WriteAnswer meaning(unsigned status, std::string body) {
    bridge::HttpReply reply;
    reply.status = status;
    reply.body = std::move(body);
    return meaning_of(reply);
}

}  // namespace

TEST_CASE("every 2xx means that all lines were taken") {
    for (unsigned const status : {200U, 202U, 204U}) CHECK(meaning(status, "").meaning == Meaning::taken);
}

TEST_CASE("a partial write is about lines in every version") {
    // InfluxDB 1.6.7, seen.
    auto const v1 = meaning(
        400,
        R"({"error":"partial write: field type conflict: input field \"a\" on measurement \"ok\" is type string, already exists as type float dropped=1"})");
    CHECK(v1.meaning == Meaning::lines_refused);
    CHECK(v1.about_lines);
    CHECK_THAT(
        v1.sentence,
        contains_text("status 400: partial write: field type conflict: input field \"a\" on measurement"
                      " \"ok\" is type string, already exists as type float dropped=1"));
    auto const v2 = meaning(
        422,
        R"({"code":"unprocessable entity","message":"failure writing points to database: partial write: field type conflict"})");
    CHECK(v2.meaning == Meaning::lines_refused);
    CHECK(v2.about_lines);
    auto const v3 = meaning(
        400,
        R"({"error":"partial write of line protocol occurred","data":[{"error_message":"invalid column type","line_number":2,"original_line":"x"}]})");
    CHECK(v3.meaning == Meaning::lines_refused);
    CHECK(v3.about_lines);
    CHECK(v3.sentence == "status 400: partial write of line protocol occurred: invalid column type");
    REQUIRE(v3.lines.size() == 1);
    CHECK(v3.lines.front().line == 1);
    CHECK(v3.lines.front().sentence == "invalid column type");
}

TEST_CASE("a 201 with something to say is a partial write") {
    auto const answer = meaning(201, R"({"code":"invalid","line":2,"message":"some lines are wrong"})");
    CHECK(answer.meaning == Meaning::lines_refused);
    CHECK(answer.about_lines);
    CHECK_THAT(answer.sentence, contains_text("some lines are wrong"));
    CHECK(meaning(201, "").meaning == Meaning::taken);
}

TEST_CASE("a field of another type is explained with the field, the type there and what to do") {
    constexpr auto advice =
        "(the server keeps the field a as string and was given float: delete what it has of it, or write to"
        " another database, then give it all again with mqtt-sink backfill)";
    auto const v1 = meaning(
        400,
        R"({"error":"partial write: field type conflict: input field \"a\" on measurement \"ok\" is type float, already exists as type string dropped=1"})");
    CHECK_THAT(v1.sentence, contains_text(advice));
    // As the documentation of InfluxDB 3 has it.
    auto const v3 = meaning(
        400,
        R"({"error":"partial write of line protocol occurred","data":[{"error_message":"invalid column type for column 'a', expected iox::column_type::field::string, got iox::column_type::field::float","line_number":1,"original_line":"x"}]})");
    REQUIRE(v3.lines.size() == 1);
    CHECK_THAT(v3.lines.front().sentence, contains_text(advice));
}

TEST_CASE("a refusal that may be about the whole does not claim to be about lines") {
    auto const answer = meaning(400, R"({"error":"database is required"})");
    CHECK(answer.meaning == Meaning::lines_refused);
    CHECK_FALSE(answer.about_lines);
}

TEST_CASE("lines older than what is kept are taken and counted") {
    // InfluxDB 1.6.7, seen.
    auto const answer =
        meaning(400, R"({"error":"partial write: points beyond retention policy dropped=12"})");
    CHECK(answer.meaning == Meaning::taken);
    CHECK(answer.too_old == 12);
}

TEST_CASE("everything else is for later and says what to do") {
    CHECK(meaning(413, "too large").meaning == Meaning::too_large);
    for (unsigned const status : {301U, 401U, 403U, 404U, 405U, 429U, 500U, 502U, 503U, 504U}) {
        INFO(status);
        auto const answer = meaning(status, "");
        CHECK(answer.meaning == Meaning::not_now);
        CHECK(answer.status == status);
        CHECK_THAT(answer.sentence, contains_text(std::to_string(status)));
        CHECK(answer.server_gone == (status > 500));
    }
    CHECK_THAT(meaning(401, R"({"error":"authorization failed"})").sentence,
               contains_text("authorization failed") && contains_text("[influx] username"));
    CHECK_THAT(meaning(404, R"({"error":"database not found: \"x\""})").sentence,
               contains_text("[influx] url"));
    auto const page = meaning(500, std::string(5000, 'x') + "\n");
    CHECK(page.sentence.size() < 400);
    CHECK(meaning(500, "a\nb").sentence == "status 500: a b");
}
