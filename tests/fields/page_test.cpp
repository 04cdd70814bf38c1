// SPDX-License-Identifier: MIT
// What is made from the tables and kept in docs is what the tables say.
#include "page.hpp"
#include "catch.hpp"
#include "schema.hpp"

#include "support/temp_folder.hpp"

#include <set>

using namespace test;

namespace {

std::filesystem::path const docs = DOCS_FOLDER;
constexpr auto how =
    "a field keeps its name, type and unit for ever; what is new or said better: `cmake --build "
    "build/dev --target fields_page`";

}  // namespace

TEST_CASE("the page of fields says what the tables say") {
    auto const should_be = fields_page(program_tables());
    auto const is = read_file(docs / "fields.md");
    INFO(how);
    for (auto const& difference : page_differences(should_be, is)) FAIL_CHECK(difference);
    CHECK(is == should_be);
}

TEST_CASE("the schemas of readings say what the tables say, and there are no others") {
    INFO(how);
    std::set<std::string> names;
    for (auto const& table : program_tables()) {
        for (auto const& channel : channels_of(table)) {
            auto const name = schema_file(table, channel);
            INFO(name);
            names.insert(name);
            CHECK(read_file(docs / "schemas" / name) == readings_schema(table, channel));
        }
    }
    for (auto const& entry : std::filesystem::directory_iterator(docs / "schemas")) {
        auto const name = entry.path().filename().string();
        INFO(name);
        if (name.find("2mqtt") != std::string::npos) CHECK(names.contains(name));
    }
}

TEST_CASE("a field whose name, type, unit or topic is another one is named") {
    std::vector<ProgramTable> tables = {{"x2mqtt", "x", {{.name = "flow_c", .meaning = "It flows."}}}};
    auto const page = fields_page(tables);
    CHECK(page_differences(page, page).empty());
    auto& field = tables.front().fields.front();
    auto const differences = [&] { return page_differences(fields_page(tables), page); };
    SECTION("type") {
        field.kind = bridge::Field::Kind::whole;
        REQUIRE(differences().size() == 1);
        CHECK(differences().front().starts_with("`x/<device>` flow_c is on the page as"));
    }
    SECTION("unit") {
        field.name = "flow_k";
        REQUIRE(differences().size() == 2);
        CHECK(differences().front() == "`x/<device>` flow_k is not on the page");
        CHECK(differences().back() == "`x/<device>` flow_c is on the page and in no table");
    }
    SECTION("topic") {
        field.channel = "slow";
        REQUIRE(differences().size() == 2);
        CHECK(differences().front() == "`x/<device>/slow` flow_c is not on the page");
    }
}
